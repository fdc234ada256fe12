"""A ranking of voices whose likeness was measured before."""

from kvoicewalk.config import RankConfig
from kvoicewalk.search.base import standings
from kvoicewalk.search.rank import rank
from tests.fakes import alone, constant_voice
from tests.unit.test_evaluate import make_evaluator

VOICES = [constant_voice(f"v{level}", level / 10) for level in range(10)]
KNOWN = {voice.name: 0.9 - abs(i - 4) / 10 for i, voice in enumerate(VOICES)}


def run(**config):
    evaluator = make_evaluator()
    steps = list(rank(VOICES, evaluator, RankConfig(**config), alone(evaluator), known=KNOWN))
    return evaluator, steps


def test_nobody_is_heard_where_none_is_to_be():
    evaluator, steps = run(n_known_heard=0)
    assert evaluator.counts.n_spoken == 0
    assert [step.stage for step in steps] == ["screen"] * 10
    assert [one.voice_name for one in standings(steps)][:3] == ["v4", "v3", "v5"]
    assert all(step.likeness is not None for step in steps)


def test_the_likeliest_are_heard_and_what_is_heard_decides():
    evaluator, steps = run(n_known_heard=3)
    heard = [step for step in steps if step.stage == "score"]
    assert {step.voice_name for step in heard} == {"v3", "v4", "v5"}
    assert evaluator.counts.n_spoken == 6  # target and probe text
    assert standings(steps)[0].voice_name == "v5"  # the optimum, which the table did not know


def test_a_full_ranking_hears_all():
    steps = run(is_full=True)[1]
    assert [step.stage for step in steps] == ["score"] * 10
