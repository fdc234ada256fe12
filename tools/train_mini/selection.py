"""Which stock voices are kept: the best on validation sentences. No test sentence decides.

    uv run --group train python -m tools.train_mini.selection

Training exports more candidates than are wanted. Each is judged by the worst of three figures, in
units of what was asked for, and the worst candidates are removed with their files.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kvoicewalk.models.mini import VOICE_HASHES_PATH
from tools.train_mini.bench import VoiceFigures, compare_voices, in_pairs, open_bench
from tools.train_mini.export import STOCK_PATH, VOICES_DIR
from tools.train_mini.texts import VALIDATION_SENTENCES

N_KEPT = 24
MIN_EACH_SEX = 10
LIKENESS_ASKED = 0.87  # of the worst voice
SELF_SIMILARITY_ASKED = 0.95  # in the mean
RANGE_ERROR_ASKED = 0.15


def shortfall(figures: VoiceFigures) -> float:
    """Returns the worst of three figures in units of its limit: 1 just meets it, less is better."""
    return max(
        (1 - figures.likeness) / (1 - LIKENESS_ASKED),
        (1 - figures.self_similarity) / (1 - SELF_SIMILARITY_ASKED),
        abs(figures.range_error) / RANGE_ERROR_ASKED,
    )


def pick(
    shortfalls: Mapping[str, float], n_kept: int = N_KEPT, min_each: int = MIN_EACH_SEX
) -> list[str]:
    """Returns the names to keep, sorted: the best, but at least so many of each sex.

    Args:
        shortfalls: by voice name, whose first two letters tell accent and sex.
        n_kept: fewer only where there are fewer.
        min_each: that no sex is reduced below.
    """
    kept = sorted(shortfalls)
    for name in sorted(shortfalls, key=lambda name: (-shortfalls[name], name)):
        n_same = sum(other[:2] == name[:2] for other in kept)
        if len(kept) > n_kept and n_same > min_each:
            kept.remove(name)
    return kept


def remove_others(
    kept: list[str],
    voices_dir: Path = VOICES_DIR,
    lists: tuple[Path, ...] = (VOICE_HASHES_PATH, STOCK_PATH),
) -> None:
    """Takes all voices but those kept out of the folder and out of the lists by name."""
    for path in lists:
        listed = json.loads(path.read_text(encoding="utf-8"))
        write_json(path, {name: listed[name] for name in kept})
    for path in voices_dir.glob("*.pt"):
        if path.stem not in kept:
            path.unlink()


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Writes a list by voice name as the package carries it."""
    path.write_text(json.dumps(dict(sorted(data.items())), indent=1) + "\n")


def select() -> None:
    """Measures all stock voices, prints the table, worst first, and removes those not kept."""
    figures = compare_voices(open_bench(), in_pairs(VALIDATION_SENTENCES))
    shortfalls = {name: shortfall(one) for name, one in figures.items()}
    kept = pick(shortfalls)
    table = Table("voice", "shortfall", "likeness", "self", "range err", "", box=None)
    for name in sorted(shortfalls, key=shortfalls.__getitem__, reverse=True):
        one = figures[name]
        table.add_row(
            name, f"{shortfalls[name]:.2f}", f"{one.likeness:.3f}", f"{one.self_similarity:.3f}",
            f"{one.range_error:+.1%}", "" if name in kept else "dropped",
        )  # fmt: skip
    Console(width=110, highlight=False).print(table)
    remove_others(kept)


if __name__ == "__main__":
    select()
