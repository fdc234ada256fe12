"""Tables of a judgement on new texts."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from kvoicewalk.judges.base import Reading
from kvoicewalk.scoring.speaker.likeness import Similarities, likeness
from kvoicewalk.verdict import Standing


def held_out_table(standing: Standing, name: str) -> Table:
    """Returns likeness by text length of the voice and its floor; the ceiling beside them."""
    voice, floor = standing.voice, standing.floor
    table = _table("Likeness on texts that the search never spoke")
    for one in voice.by_length:
        table.add_column(f"{one.n_phonemes} ph.", justify="right")
    for column in ("mean", "likeness"):
        table.add_column(column, justify="right")
    for label, found in (
        (name, voice),
        (f"best stock voice ({standing.floor_name})", floor),
    ):
        cells = [f"{one.target_similarity:.3f}" for one in found.by_length]
        spread = f" ± {found.spread:.3f}" if found.spread else ""
        percent = _percent(found.by_encoder)
        table.add_row(escape(label), *cells, f"{found.target_similarity:.3f}{spread}", percent)
    cells, percent = ["·"] * len(voice.by_length), _percent(standing.ceiling_by_encoder)
    table.add_row("the recording itself", *cells, f"{standing.ceiling:.3f}", percent)
    return table


def encoders_table(standing: Standing, name: str) -> Table:
    """Returns cosine and likeness by each speaker encoder."""
    table = _table("By each speaker encoder: likeness (cosine)")
    for column in (name, standing.floor_name, "the recording", "of the gap"):
        table.add_column(escape(column), justify="right")
    for encoder, top in standing.ceiling_by_encoder.items():
        values = (standing.voice.by_encoder[encoder], standing.floor.by_encoder[encoder], top)
        cells = [f"{_percent({encoder: value})} ({value:.3f})" for value in values]
        share = standing.encoder_shares[encoder]
        table.add_row(encoder, *cells, "·" if share is None else f"{share:.0%}")
    return table


def _percent(similarities: Similarities) -> str:
    return f"{likeness(similarities):.0%}" if similarities else "·"


def judges_table(readings: Sequence[Reading], name: str, floor_name: str) -> Table:
    """Returns what the second judges say; those that say nothing are in `unheard`."""
    table = _table("Second judges (no search is led by them)")
    for column in (name, floor_name, "the recording"):
        table.add_column(escape(column), justify="right")
    for reading in readings:
        if reading.note:
            continue
        values = (reading.value, reading.floor, reading.target)
        cells = ["·" if value is None else f"{value:.2f}" for value in values]
        table.add_row(escape(reading.label), *cells)
    return table


def unheard(readings: Sequence[Reading]) -> str:
    """Returns which judges said nothing, and why, in one line; "" for none."""
    by_note: dict[str, list[str]] = {}
    for reading in readings:
        if reading.note:
            by_note.setdefault(reading.note, []).append(reading.label.partition(" (")[0])
    return "; ".join(f"{' and '.join(labels)}: {note}" for note, labels in by_note.items())


def _table(title: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.title, table.title_style = title, "bold"
    table.add_column("")
    return table
