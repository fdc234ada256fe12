"""What judging a voice will take."""

from types import SimpleNamespace

import pytest

from kvoicewalk.app.floor import hear_floor
from kvoicewalk.app.judge import JUDGES_S, judging_s, n_seeds
from kvoicewalk.config_file import merge_config
from kvoicewalk.store import MemoryCache
from tests.fakes import FakeSynthesizer, UnitEncoder, constant_voice, fake_encoders

SLOW, QUICK = constant_voice("slow", 0.4), constant_voice("quick", 0.2)
TEXTS = {10: ("0123456789",) * 2, 100: ("x" * 98,), 200: ("y" * 198,)}


class Paced(FakeSynthesizer):
    """Takes the voice's first number of seconds a phoneme, and 0.8 s around a text."""

    def phonemes(self, text, lang="a"):
        return (text,)

    def duration_s(self, text, voice, lang="a"):
        return 0.8 + float(voice.rows[0, 0, 0]) * len(text)


def make_session(**held_out):
    evaluator = SimpleNamespace(
        synthesizer=Paced(),
        scorer=SimpleNamespace(encoders=fake_encoders(UnitEncoder())),
        memory=MemoryCache(),
        text="z" * 40,
        lang="a",
        measured_with="paced@0",
    )
    config = SimpleNamespace(
        command="walk",
        walk=SimpleNamespace(minutes=None),
        texts=SimpleNamespace(held_out=TEXTS),
        held_out=SimpleNamespace(
            **{"n_seeds": 2, "is_wanted": True, "has_judges": False, **held_out}
        ),
    )
    return SimpleNamespace(evaluator=evaluator, config=config)


def said(voice, texts):
    return sum(Paced().duration_s(text, voice) for text in texts)


EVERY = [text for texts in TEXTS.values() for text in texts]


@pytest.mark.parametrize(
    ("command", "minutes", "wanted"),
    [("clone", 5, 1), ("clone", 10, 3), ("clone", None, 3), ("walk", 5, 3)],
)
def test_a_clone_with_little_time_speaks_them_once(command, minutes, wanted):
    flags = {"walk": {"minutes": minutes}, "held_out": {"n_seeds": 3}}
    assert n_seeds(merge_config(command, flags, None)) == wanted


def test_voice_and_floor_speak_at_their_own_pace():
    session = make_session()
    spoken_s = said(SLOW, ["z" * 40]) + 2 * said(QUICK, EVERY) + 2 * said(SLOW, EVERY)
    assert judging_s(session, QUICK, SLOW, 0.5) == pytest.approx(0.5 * spoken_s, rel=1e-5)


def test_a_floor_that_is_remembered_takes_no_time():
    session = make_session()
    before_s = judging_s(session, QUICK, SLOW, 0.5)
    for n_heard in (1, 2):  # under so many of its seeds
        hear_floor(session, SLOW, n_heard)
        saved_s = before_s - judging_s(session, QUICK, SLOW, 0.5)
        assert saved_s == pytest.approx(0.5 * n_heard * said(SLOW, EVERY), rel=1e-5)


def test_second_judges_hear_the_floor_and_take_their_time():
    more_s = judging_s(make_session(has_judges=True), QUICK, SLOW, 0.5)
    more_s -= judging_s(make_session(), QUICK, SLOW, 0.5)
    heard = [*TEXTS[100], *TEXTS[200]]
    assert more_s == pytest.approx(JUDGES_S + 0.5 * said(SLOW, heard), rel=1e-5)


def test_without_a_judgement_there_is_nothing_to_wait_for():
    assert judging_s(make_session(is_wanted=False), QUICK, SLOW, 0.5) == 0.0
