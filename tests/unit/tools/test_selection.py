"""Which stock voices are kept, and on which sentences that is decided."""

import dataclasses
import json

import pytest

from kvoicewalk.models.mini import mini_voice_names
from tools.train_mini.bench import VoiceFigures, in_pairs
from tools.train_mini.export import STOCK_PATH, VOICES_DIR
from tools.train_mini.selection import MIN_EACH_SEX, N_KEPT, pick, remove_others, shortfall
from tools.train_mini.texts import COMMON, TEST_SENTENCES, VALIDATION_SENTENCES

AT_THE_LIMITS = VoiceFigures(
    likeness=0.87,
    to_others=0.6,
    self_similarity=0.95,
    espeak_self_similarity=0.9,
    pitch_hz=120.0,
    pitch_error=0.0,
    range_error=-0.15,
    duration_error=0.0,
)


def test_no_test_sentence_decides():
    assert not set(VALIDATION_SENTENCES) & set(TEST_SENTENCES)
    assert len(set(VALIDATION_SENTENCES)) == len(VALIDATION_SENTENCES)
    assert len(in_pairs(VALIDATION_SENTENCES)) == 12
    # Nor one in other words: beside the commonest words, two sentences share little.
    for one in VALIDATION_SENTENCES:
        rare = words(one) - set(COMMON)
        assert all(len(rare & words(other)) <= 2 for other in TEST_SENTENCES), one


def words(sentence):
    return set(sentence.lower().rstrip(".").split())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 1.0),
        ({"likeness": 0.74}, 2.0),
        ({"self_similarity": 0.9}, 2.0),
        ({"range_error": 0.45}, 3.0),
        ({"range_error": -0.45}, 3.0),
        ({"likeness": 0.74, "self_similarity": 0.9, "range_error": 0.45}, 3.0),
        ({"pitch_error": 0.5, "duration_error": 0.5, "to_others": 0.9}, 1.0),
    ],
)
def test_the_worst_figure_counts_in_units_of_its_limit(change, expected):
    assert shortfall(dataclasses.replace(AT_THE_LIMITS, **change)) == pytest.approx(expected)


def test_the_worst_are_dropped():
    shortfalls = {"af_a": 0.5, "af_b": 2.0, "am_a": 1.5, "am_b": 0.1, "am_c": 0.3}
    assert pick(shortfalls, n_kept=3, min_each=1) == ["af_a", "am_b", "am_c"]


def test_no_sex_is_reduced_below_its_least():
    shortfalls = {"af_a": 0.5, "af_b": 0.4, "am_a": 1.5, "am_b": 3.0, "am_c": 2.0}
    assert pick(shortfalls, n_kept=4, min_each=2) == ["af_a", "af_b", "am_a", "am_c"]
    assert pick(shortfalls, n_kept=3, min_each=1) == ["af_a", "af_b", "am_a"]
    assert pick(shortfalls, n_kept=2, min_each=1) == ["af_b", "am_a"]


def test_what_is_not_kept_goes_from_folder_and_lists(tmp_path):
    lists = tuple(tmp_path / name for name in ("hashes.json", "manners.json"))
    for path in lists:
        path.write_text(json.dumps({"af_a": 1, "af_b": 2, "am_a": 3}))
    for name in ("af_a.pt", "af_b.pt", "am_a.pt", "README.md"):
        (tmp_path / name).touch()
    remove_others(["af_a", "am_a"], tmp_path, lists)
    assert [json.loads(path.read_text()) for path in lists] == [{"af_a": 1, "am_a": 3}] * 2
    assert sorted(p.name for p in tmp_path.iterdir() if p not in lists) == [
        "README.md", "af_a.pt", "am_a.pt",
    ]  # fmt: skip


def test_what_is_shipped_is_what_was_selected():
    names = mini_voice_names()
    assert len(names) == N_KEPT
    assert min(sum(name[:2] == sex for name in names) for sex in ("af", "am")) >= MIN_EACH_SEX
    assert tuple(sorted(json.loads(STOCK_PATH.read_text()))) == names
    assert tuple(sorted(path.stem for path in VOICES_DIR.glob("*.pt"))) == names
