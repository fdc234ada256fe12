"""Pure proposals: numbers in, new numbers out. The generator is always an argument."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Vector = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]


def add_noise(rng: np.random.Generator, values: Floats, spread: Floats, size: float) -> Floats:
    """Returns `values + N(0, 1) · size · spread`, of the type and shape of `values`.

    Args:
        rng: draws one number a value, in the values' own type.
        values: any shape, float32 or float64.
        spread: of the same shape and type; one unit of each value.
        size: of the step, in units of the spread.

    Source: RobViren/kvoicewalk `utilities/voice_generator.py`.
    """
    kind = np.float32 if values.dtype == np.float32 else np.float64
    noise = rng.standard_normal(values.shape, dtype=kind) * kind(size)
    moved: Floats = np.asarray(values + noise * spread, dtype=kind)
    return moved


def blend(a: Rows, b: Rows, alpha: float) -> Rows:
    """Returns `(a + b)/2 + (a − b)·α/2`: 1 is a, −1 is b, 0 the midpoint; beyond, it goes on.

    Both ends come out exactly.

    Source: RobViren/kvoicewalk `utilities/util.py`.
    """
    if alpha in (1.0, -1.0):
        return np.array(a if alpha > 0 else b, dtype=np.float32)
    # (1 + α)/2 + (1 − α)/2 = 1, in double precision so that no order of operations matters.
    near, far = (1.0 + alpha) / 2, (1.0 - alpha) / 2
    mixed: Vector = near * a.astype(np.float64) + far * b.astype(np.float64)
    return mixed.astype(np.float32)
