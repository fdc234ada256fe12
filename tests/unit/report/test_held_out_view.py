"""Tables of a judgement: all figures, names as text, missing judges with their reason."""

import io
from dataclasses import replace

from rich.console import Console

from kvoicewalk.held_out import HeldOut, LengthFigures
from kvoicewalk.judges import Reading
from kvoicewalk.report.held_out_view import held_out_table, judges_table, unheard
from kvoicewalk.report.json import dump
from kvoicewalk.scoring.speaker.likeness import likeness_scales
from kvoicewalk.store.results import held_out_row
from kvoicewalk.verdict import Standing, Verdict

LENGTHS = tuple(LengthFigures(n, 0.5, 0.9) for n in (10, 400))
STANDING = Standing(
    HeldOut(0.61, 0.02, 0.9, LENGTHS, 1.0), HeldOut(0.4, 0.0, 0.9, LENGTHS, 1.0), "[i]floor", 0.93
)
READINGS = [
    Reading("a", "A, 1 to 5", 3.14, 2.72, None),
    Reading("b", "B", None, None, None, "not installed: pip install 'kvoicewalk[judge]'"),
]


def shown(table):
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    return console.file.getvalue()


def test_all_figures_stand_in_the_table():
    text = shown(held_out_table(STANDING, "[b]new"))
    for word in ("[b]new", "[i]floor", "0.610 ± 0.020", "0.400", "0.930", "400 ph."):
        assert word in text


def test_a_missing_judge_says_why_beside_the_table():
    text = shown(judges_table(READINGS, "[b]new", "[i]floor"))
    for word in ("[b]new", "[i]floor", "3.14", "2.72"):
        assert word in text
    assert "B" not in text
    assert unheard(READINGS) == "B: not installed: pip install 'kvoicewalk[judge]'"
    assert unheard(READINGS[:1]) == ""
    twice = [*READINGS, replace(READINGS[1], label="C (0 best)")]
    assert unheard(twice).startswith("B and C: not installed")


def test_each_encoders_cosines_are_in_the_entry():
    place = {"prior_distance": None, "prior_percentile": None}
    scales = likeness_scales()
    own = {"resemblyzer": 0.8, "campplus": scales["campplus"].similarity(0.75)}
    floor = {"resemblyzer": 0.7, "campplus": 0.3}
    standing = replace(
        STANDING,
        voice=replace(STANDING.voice, by_encoder=own),
        floor=replace(STANDING.floor, by_encoder=floor),
        ceiling_by_encoder={"resemblyzer": 0.9, "campplus": 0.3},
    )
    first, second = held_out_row(standing, Verdict("like", "s"), place, []).dump()["encoders"]
    assert first == {
        "name": "resemblyzer",
        "similarity": 0.8,
        "floor": 0.7,
        "ceiling": 0.9,
        "likeness": scales["resemblyzer"].likeness(0.8),
        "share_of_gap": (0.8 - 0.7) / (0.9 - 0.7),
    }
    assert (second["name"], second["floor"], second["ceiling"]) == ("campplus", 0.3, 0.3)
    assert round(second["likeness"], 9) == 0.75
    assert second["share_of_gap"] is None  # no gap


def test_the_entry_is_plain_json():
    place = {"prior_distance": None, "prior_percentile": None}
    entry = held_out_row(STANDING, Verdict("like", "sounds."), place, READINGS).dump()
    assert entry["verdict"] == "sounds."
    assert entry["judges"][1]["value"] is None
    assert entry["share_of_gap"] == (0.61 - 0.4) / (0.93 - 0.4)
    assert [one["n_phonemes"] for one in entry["floor_by_length"]] == [10, 400]
    assert entry["encoders"] == []
    assert "0.93" in dump(entry)
