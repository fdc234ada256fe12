"""The page of a batch: a line a speaker, with the way to each one's own page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kvoicewalk.report import plain
from kvoicewalk.report.page import PAGE_NAME, render

SHARE_ENDING = "_share"


def batch_page(lines: Sequence[Mapping[str, Any]], folder: Path) -> str:
    """Returns the page.

    Args:
        lines: of the summary.
        folder: of the batch, where the page will lie.
    """
    encoders = list(
        dict.fromkeys(
            key.removesuffix(SHARE_ENDING)
            for line in lines
            for key in line
            if key.endswith(SHARE_ENDING)
        )
    )
    ordered = sorted(lines, key=_closeness)
    n_done = sum(line["status"] == "done" for line in lines)
    return render(
        "batch.html",
        title=f"{len(lines)} speaker{'s' if len(lines) != 1 else ''}",
        n_done=n_done,
        n_failed=sum(line["status"] == "failed" for line in lines),
        encoders=encoders,
        rows=[_row(line, encoders, folder) for line in ordered],
        vote=None,
        notes=[],
    )


def _row(line: Mapping[str, Any], encoders: Sequence[str], folder: Path) -> dict[str, Any]:
    run = str(line.get("run") or "")
    has_page = bool(run) and (folder / run / PAGE_NAME).is_file()
    return {
        "name": plain.text(str(line["speaker"]), 80),
        "status": line["status"],
        "share": line.get("share_of_gap"),
        "shares": [line.get(f"{name}{SHARE_ENDING}") for name in encoders],
        "likeness": line.get("likeness"),
        "said": plain.text(str(line.get("verdict") or line.get("reason") or ""), 300),
        "page": f"{quote(run)}/{PAGE_NAME}" if has_page else "",
    }


def _closeness(line: Mapping[str, Any]) -> list[tuple[bool, float]]:
    """Sorts by the gap closed, then by the likeness in the search; what cannot be told is last."""
    is_untold = line.get("verdict_kind") == "untold"
    found = (None if is_untold else line.get("share_of_gap"), line.get("likeness"))
    return [(value is None, -(value or 0.0)) for value in found]
