"""Ranking: the race and the full run."""

import pytest

from kvoicewalk.config import RankConfig
from kvoicewalk.errors import SynthError
from kvoicewalk.search.base import standings
from kvoicewalk.search.rank import rank
from tests.fakes import alone, constant_voice
from tests.unit.test_evaluate import make_evaluator

VOICES = [constant_voice(f"v{level}", level / 10) for level in range(10)]


def run(**changes):
    evaluator = make_evaluator()
    config = RankConfig(n_finalists_min=2, screening_text="short", **changes)
    return evaluator, list(rank(VOICES, evaluator, config, alone(evaluator)))


def test_race_scores_the_likest_and_ranks_all():
    evaluator, steps = run()
    ranked = standings(steps)
    assert ranked[0].voice_name == "v5"
    assert len(ranked) == 10
    assert [step.stage for step in ranked] == ["score"] * 2 + ["compare"] * 3 + ["screen"] * 5
    # Finalists do not speak the target text again.
    assert evaluator.counts.n_spoken == 10 + 5 + 2


def test_full_ranking_scores_all_and_agrees_at_the_top():
    evaluator, steps = run(is_full=True)
    full = [step.voice_name for step in standings(steps)]
    assert evaluator.counts.n_spoken == 20
    assert all(step.stage == "score" for step in steps)
    assert full[:2] == [step.voice_name for step in standings(run()[1])][:2]


def test_few_voices_are_scored_at_once():
    evaluator = make_evaluator()
    steps = list(rank(VOICES[:2], evaluator, RankConfig(), alone(evaluator)))
    assert [step.stage for step in steps] == ["score", "score"]


def test_steps_count_up():
    steps = run()[1]
    for stage, n_total in (("screen", 10), ("compare", 5), ("score", 2)):
        counted = [(s.n_done, s.n_total) for s in steps if s.stage == stage]
        assert counted == [(n, n_total) for n in range(1, n_total + 1)]


def test_finalists_are_at_least_a_few():
    voices = [constant_voice(f"v{level}", level / 10) for level in range(6)]
    evaluator = make_evaluator()
    steps = list(rank(voices, evaluator, RankConfig(), alone(evaluator)))
    assert [step.stage for step in steps] == ["screen"] * 6 + ["compare"] * 5 + ["score"] * 5


def test_ties_are_broken_by_name():
    twins = [constant_voice("b", 0.5), constant_voice("a", 0.5)]
    evaluator = make_evaluator()
    steps = list(rank(twins, evaluator, RankConfig(), alone(evaluator)))
    assert [step.voice_name for step in standings(steps)] == ["a", "b"]


@pytest.mark.parametrize("stumbles_on", ["screen", "compare", "evaluate"])
@pytest.mark.parametrize("is_full", [False, True])
def test_a_mute_voice_is_ranked_last(monkeypatch, stumbles_on, is_full):
    evaluator = make_evaluator()
    plain = getattr(evaluator, stumbles_on)

    def stumble(voice, *more):
        if voice.name == "v5":
            raise SynthError("no speech")
        return plain(voice, *more)

    monkeypatch.setattr(evaluator, stumbles_on, stumble)
    config = RankConfig(n_finalists_min=2, screening_text="short", is_full=is_full)
    ranked = standings(list(rank(VOICES, evaluator, config, alone(evaluator))))
    assert len(ranked) == 10
    if is_full and stumbles_on != "evaluate":
        return
    assert ranked[0].voice_name in {"v4", "v6"}
    assert (ranked[-1].voice_name, ranked[-1].is_mute) == ("v5", True)


def test_of_known_voices_the_likeliest_are_heard_and_those_that_are_wanted():
    known = {voice.name: i / 10 for i, voice in enumerate(VOICES)}
    config = RankConfig(n_known_heard=2)
    evaluator = make_evaluator()
    wanted = {"v9", "v0"}
    steps = list(rank(VOICES, evaluator, config, alone(evaluator), known=known, heard_too=wanted))
    assert [step.voice_name for step in steps if step.stage == "score"] == ["v9", "v8", "v0"]
