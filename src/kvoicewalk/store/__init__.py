"""Runs and measurements on disk: SQLite databases, run folders, whole-or-absent files."""

from kvoicewalk.store.cache import CACHE_NAME, MeasurementCache, MemoryCache
from kvoicewalk.store.files import require_writable, write_json_atomic, write_text_atomic
from kvoicewalk.store.records import RunRecord, RunRow, RunStatus, slug
from kvoicewalk.store.run import Run
from kvoicewalk.store.runs import RunStore

__all__ = [
    "CACHE_NAME",
    "MeasurementCache",
    "MemoryCache",
    "Run",
    "RunRecord",
    "RunRow",
    "RunStatus",
    "RunStore",
    "require_writable",
    "slug",
    "write_json_atomic",
    "write_text_atomic",
]
