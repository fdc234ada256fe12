"""A ranking whose time is up goes on with the likest heard so far."""

from types import SimpleNamespace

from kvoicewalk.config import RankConfig
from kvoicewalk.evaluate import Evaluation
from kvoicewalk.search.base import standings
from kvoicewalk.search.rank import rank
from tests.fakes import alone


def test_a_late_ranking_hears_two_voices_a_heat():
    voices = [SimpleNamespace(name=f"v{i:02d}") for i in range(20)]
    evaluator = SimpleNamespace(
        screen=lambda voice, _: int(voice.name[1:]) / 100,
        compare=lambda voice: int(voice.name[1:]) / 100,
        evaluate=lambda voice, gate, seed: Evaluation(voice.name, 0.5, None),
        scorer=SimpleNamespace(likeness=lambda similarity: similarity),
    )
    steps = list(rank(voices, evaluator, RankConfig(), alone(evaluator), lambda: True))
    assert [step.stage for step in steps] == ["screen"] * 2 + ["compare"] * 2 + ["score"] * 2
    assert {step.voice_name for step in standings(steps)} == {"v00", "v01"}
    assert len(list(rank(voices, evaluator, RankConfig(), alone(evaluator)))) > 30
