"""Requests answered in one pass: what each is answered alone, and at the same cost."""

from dataclasses import asdict

import numpy as np
import pytest

from kvoicewalk.audio import Utterance, read_utterance
from kvoicewalk.config import ScoreConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.evaluate import Evaluator, Gate
from kvoicewalk.heard_ahead import hear_ahead
from kvoicewalk.requests import Request
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer
from kvoicewalk.scoring.speaker.campplus import Campplus
from kvoicewalk.scoring.speaker.campplus_network import CampplusNetwork
from kvoicewalk.scoring.target import build_target
from kvoicewalk.store import MemoryCache
from kvoicewalk.voices import TIMBRE, Voice
from kvoicewalk.workers.bench import Bench, TogetherExecutor, counted
from tests.generated_campplus import generate_campplus


@pytest.fixture(scope="module")
def ears():
    resemblyzer = Resemblyzer()
    both = EncoderSet((resemblyzer, Campplus(CampplusNetwork(generate_campplus()))), resemblyzer)
    return {"classic": EncoderSet.alone(resemblyzer), "scaled": both}


@pytest.fixture(scope="module")
def voices(mini_model):
    found = [mini_model.voices.load(name) for name in mini_model.voices.names[:6]]
    rows = found[0].rows.copy()
    rows[..., TIMBRE] = 3e38
    return [*found[:3], Voice("damaged", rows), *found[3:]]


@pytest.fixture
def make_bench(mini_synthesizer, ears, example_target):
    def make(scoring):
        config = ScoreConfig(scoring=scoring)
        term = make_feature_term(scoring)
        target = build_target("one", [read_utterance(example_target)], ears[scoring], term)
        scorer = Scorer(target, ears[scoring], term, config)
        texts = ("It rained all day, and nobody came by.", "The boats came home early.")
        return Bench(Evaluator(mini_synthesizer, scorer, *texts, 0, MemoryCache()))

    return make


@pytest.mark.parametrize(
    ("scoring", "stage"),
    [
        *(("classic", stage) for stage in ("screen", "compare", "glance", "score")),
        *(("scaled", stage) for stage in ("screen", "compare", "score")),
    ],
)
def test_in_one_pass_each_is_answered_as_alone(make_bench, voices, scoring, stage):
    alone, together = make_bench(scoring), make_bench(scoring)
    gate = None
    if stage == "score":
        likeness = [r for r in map(alone.hear, requests("compare", voices)) if r is not None]
        gate = Gate(float(np.median(likeness)))
        alone = make_bench(scoring)
    wanted = requests(stage, voices, gate)
    plain = [counted(alone, one)[0] for one in wanted]
    found = list(TogetherExecutor(together, 4).run(wanted))
    assert [one is None for one in found] == [voice.name == "damaged" for voice in voices]
    for one, other in zip(found, plain, strict=True):
        if one is not None:
            assert numbers(one) == pytest.approx(numbers(other), abs=1e-3, rel=1e-4)
    if stage == "score":
        assert 0 < sum(one.is_gated for one in found if one is not None) < len(found) - 1
    costs = [asdict(bench.evaluator.counts) for bench in (alone, together)]
    for name in ("n_evaluations", "n_gated", "n_spoken"):
        assert costs[0][name] == costs[1][name]


def requests(stage, voices, gate=None):
    text = "Good morning to you." if stage == "screen" else ""
    return [Request(stage, one, text=text, gate=gate) for one in voices]


def numbers(reply):
    if isinstance(reply, float):
        return [reply]
    if hasattr(reply, "n_windows"):
        return [reply.target_similarity, reply.n_windows]
    score = asdict(reply.score) if reply.score else {}
    return [reply.target_similarity, *reply.similarities.values(), *map(float, score.values())]


def test_where_nobody_speaks_it_is_left_to_whoever_measures(make_bench, example_target):
    scorer = make_bench("scaled").evaluator.scorer
    clip = read_utterance(example_target)
    silence = Utterance(np.zeros(48_000, np.float32), clip.sample_rate_hz, "")
    heard = hear_ahead(scorer, [silence, clip])
    assert heard[0].listening is None
    np.testing.assert_allclose(
        heard[1].listening.embedding(), scorer.encoders.resemblyzer.embed(clip), atol=1e-5
    )
    assert heard[0].embeddings == heard[1].embeddings == {}
    with pytest.raises(AudioError):
        scorer.listen(silence)


def test_a_pass_in_which_nobody_speaks(make_bench, voices):
    damaged = voices[3]
    for scoring in ("classic", "scaled"):
        bench = make_bench(scoring)
        wanted = requests("score", [damaged, Voice("twin", damaged.rows * np.float32(0.9))])
        assert list(TogetherExecutor(bench, 4).run(wanted)) == [None, None]
