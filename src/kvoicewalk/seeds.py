"""One seed of a run → the seed of each purpose, so that none of them meet by accident.

The numbers are part of what a run promises: another one gives another result for the same seed.
"""

# Far apart, so that the chunks of neighbouring seeds draw different noise.
CHUNK_STRIDE = 1_000_003
# Far from the seeds that a search counts up from its own.
HELD_OUT_OFFSET = 500_000
ISLAND_STRIDE = 10_007


def chunk_seed(seed: int, index: int) -> int:
    """Returns the seed of the noise of one chunk of a text."""
    return seed + index * CHUNK_STRIDE


def confirming_seed(seed: int, extra: int) -> int:
    """Returns the seed under which an improvement is heard again, `extra` from 1."""
    return seed + extra


def lesson_seed(seed: int, number: int) -> int:
    """Returns the seed of the noise of a lesson."""
    return seed + number


def lesson_order_seed(seed: int, epoch: int) -> tuple[int, int]:
    """Returns the seed of the order of texts in one round of lessons."""
    return seed, epoch


def held_out_seed(seed: int, k: int) -> int:
    """Returns the k-th seed of the held-out texts."""
    return HELD_OUT_OFFSET + seed + k


def island_seed(seed: int, k: int) -> int:
    """Returns the seed of the k-th of several searches side by side; the first one's is its own."""
    return seed + k * ISLAND_STRIDE


def island_start_seed(seed: int, k: int) -> tuple[int, int]:
    """Returns the seed of where the k-th of them starts."""
    return seed, k
