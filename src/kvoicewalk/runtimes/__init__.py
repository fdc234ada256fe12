"""Programs that speak with Kokoro's voices, and how to put one of yours into them."""

from kvoicewalk.runtimes.base import Order, Placed, RowRule, Runtime, check_name, find_place
from kvoicewalk.runtimes.table import RUNTIME_NAMES, RUNTIMES, runtime_named

__all__ = [
    "RUNTIMES",
    "RUNTIME_NAMES",
    "Order",
    "Placed",
    "RowRule",
    "Runtime",
    "check_name",
    "find_place",
    "runtime_named",
]
