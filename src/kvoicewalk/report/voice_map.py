"""Where voices lie among each other: mean style rows in the plane of their largest spread."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

MIN_VOICES = 3

Rows = npt.NDArray[np.float32]


def voice_map(stock: Mapping[str, Rows], others: Mapping[str, Rows]) -> dict[str, Any] | None:
    """Lays voices out in two dimensions: the first two principal components of the stock voices.

    Args:
        stock: whole voices by name, float32 (510, 1, 256); they alone decide the plane.
        others: voices to be shown among them, likewise.

    Returns:
        Plain data: places of stock voices and others, and how much of the stock voices' variance
        each axis carries; None for fewer than three stock voices.
    """
    if len(stock) < MIN_VOICES:
        return None
    table = np.stack([_mean_row(rows) for rows in stock.values()])
    center = table.mean(axis=0)
    _, spreads, directions = np.linalg.svd(table - center, full_matrices=False)
    total = float(np.square(spreads).sum())
    if total == 0:
        return None
    plane = directions[:2]
    # The sign of a component is arbitrary; the largest entry decides it, for a steady picture.
    largest = plane[np.arange(2), np.abs(plane).argmax(axis=1)]
    plane = plane * np.where(largest < 0, -1.0, 1.0)[:, None]

    def places(voices: Mapping[str, Rows]) -> list[dict[str, Any]]:
        return [
            {"name": name, **_place(_mean_row(rows) - center, plane)}
            for name, rows in voices.items()
        ]

    return {
        "stock": places(stock),
        "others": places(others),
        "shares": [float(spread**2 / total) for spread in spreads[:2]],
    }


def _mean_row(rows: Rows) -> npt.NDArray[np.float64]:
    return np.asarray(rows.astype(np.float64).reshape(len(rows), -1).mean(axis=0))


def _place(row: npt.NDArray[np.float64], plane: npt.NDArray[np.float64]) -> dict[str, float]:
    x, y = (float(value) for value in plane @ row)
    return {"x": x, "y": y}
