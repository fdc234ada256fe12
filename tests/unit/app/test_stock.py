"""What is known of stock voices before they are heard, and the starts that follow from it."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvoicewalk.app import method, stock
from kvoicewalk.app import session as sessions
from kvoicewalk.app.events import Events
from kvoicewalk.app.start import StartVoices
from kvoicewalk.errors import VoiceError
from kvoicewalk.models import stock_table as tables
from kvoicewalk.models.stock_table import StockTable, TimbreMap
from kvoicewalk.scoring.prosody import Prosody
from kvoicewalk.voices import PROSODY, TIMBRE, Voice, save_voice

rng = np.random.default_rng(3)
VOICES = [
    Voice(f"v{i}", np.float32(0.15) * rng.normal(size=(510, 1, 256)).astype(np.float32))
    for i in range(6)
]


def units(n, dimension):
    found = rng.normal(size=(n, dimension)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


TABLE = StockTable(
    {voice.hash: i for i, voice in enumerate(VOICES)},
    {"resemblyzer": units(6, 256), "campplus": units(6, 192)},
    np.column_stack([np.linspace(80, 95, 6), np.full(6, 4.0), np.full(6, 0.06)]).astype("f4"),
)
BOTH = ("resemblyzer", "campplus")


def a_map(encoders, weight=0.001):
    if encoders != BOTH:
        return None
    return TimbreMap(BOTH, np.full((448, 128), weight, np.float32), np.zeros(448, np.float32))


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(tables, "stock_table", lambda: TABLE)
    monkeypatch.setattr(tables, "timbre_map", a_map)
    monkeypatch.setattr(sessions, "sidecar", lambda *facts: {})
    monkeypatch.setattr(method, "target_prosody", lambda session: Prosody(86.0, 4.0, None))


def make_session(
    names=BOTH,
    identity="kokoro@0123456789ab",
    liked="guess",
    method="gradient",
    gains=(),
    lang="a",
):
    """A session that likes one voice, and each time that one is corrected by so much more."""
    target = {name: TABLE.embeddings[name][2] for name in names if name in TABLE.embeddings}
    heard, known = [], {}

    def likeness(voice):
        if voice.hash not in known:
            heard.append(voice.name)
            n_before = heard.count(voice.name) - 1
            known[voice.hash] = 0.6 + sum(gains[:n_before]) if voice.name == liked else 0.5
        return known[voice.hash]

    def embeddings(voice):
        return {name: TABLE.embeddings[name][3 + len(heard) % 2] for name in target}

    scorer = SimpleNamespace(
        target=SimpleNamespace(embeddings=target), encoders=SimpleNamespace(names=names)
    )
    return SimpleNamespace(
        model=SimpleNamespace(identity=identity),
        evaluator=SimpleNamespace(
            scorer=scorer, likeness=likeness, embeddings=embeddings, lang=lang
        ),
        config=SimpleNamespace(command="walk", walk=SimpleNamespace(is_led=method != "random")),
        heard=heard,
    )


class KeptRun:
    """A run's plan, kept in a dict, and its folder."""

    def __init__(self, folder, states=()):
        self.folder, self.kept, self.states = folder, {}, list(states)

    def plan(self, name, payload):
        self.kept[name] = payload

    def planned(self, name):
        return self.kept.get(name)

    def rows(self, kind):
        assert kind == "state"
        return self.states

    def save_voice(self, voice, facts):
        (self.folder / "voices").mkdir()
        save_voice(voice, self.folder / "voices" / f"{voice.name}.pt")


class Heard(Events):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def starts(voices=VOICES):
    return StartVoices([v.name for v in voices], voices, voices[0], voices)


@pytest.mark.parametrize("names", [BOTH, ("resemblyzer",), ("campplus",)])
def test_the_target_itself_is_the_likest(names):
    found = stock.known_likeness(make_session(names), VOICES)
    assert list(found) == [voice.name for voice in VOICES]
    assert max(found, key=found.get) == "v2"


def test_what_is_not_in_the_table_is_not_known():
    other = Voice("other", VOICES[0].rows + np.float32(0.01))
    assert stock.known_likeness(make_session(), [*VOICES, other]) is None
    assert stock.known_likeness(make_session(identity="mini@0123456789ab"), VOICES) is None
    assert stock.known_likeness(make_session(("resemblyzer", "ecapa")), VOICES) is None


def test_the_closest_start_is_kept_and_taken_again(monkeypatch, tmp_path):
    session, run, events = make_session(), KeptRun(tmp_path), Heard()
    found = stock.with_best_start(session, run, starts(), events)
    # The first one with blended prosody, the guess, and the guess corrected in vain.
    assert session.heard == ["v0", "guess", "guess"]
    assert run.kept["start"]["name"] == stock.GUESS
    assert events.notes == [
        f"starting from {stock.GUESS}, 13% like the target; v0 with blended prosody -21%."
    ]
    monkeypatch.setattr(tables, "timbre_map", lambda encoders: a_map(encoders, -0.001))
    again = stock.with_best_start(session, run, starts(), events)  # as a later version may have it
    np.testing.assert_array_equal(again.start.rows, found.start.rows)
    assert len(session.heard) == 3
    (tmp_path / "voices" / "start.pt").unlink()
    with pytest.raises(VoiceError, match=r"start\.pt"):
        stock.with_best_start(session, run, starts(), events)


@pytest.mark.parametrize(
    ("gains", "name"),
    [
        ((-0.1, 0.3), stock.GUESS),
        ((0.1, 0.1, -0.1), f"{stock.GUESS}, corrected 2 times"),
        ((0.1, 0.001), f"{stock.GUESS}, corrected 2 times"),  # better, but not worth another one
        ((0.05,) * 9, f"{stock.GUESS}, corrected 4 times"),
    ],
)
def test_a_start_is_corrected_while_that_brings_it_closer(gains, name, tmp_path):
    session, run, events = make_session(gains=gains), KeptRun(tmp_path), Heard()
    stock.with_best_start(session, run, starts(), events)
    assert run.kept["start"]["name"] == name
    n_heard = min(len([g for g in gains if g > stock.MIN_GAIN]) + 1, stock.N_CORRECTIONS)
    assert session.heard.count("guess") == 1 + (1 if gains[0] < 0 else n_heard)
    assert events.notes[0].count("corrected") == name.count("corrected")  # the others are not told


def test_without_both_encoders_there_is_no_guess(tmp_path):
    session = make_session(("resemblyzer",))
    found = stock.with_best_start(session, KeptRun(tmp_path), starts(), Heard())
    assert not np.array_equal(found.start.rows, VOICES[0].rows)
    np.testing.assert_array_equal(found.start.rows[..., :128], VOICES[0].rows[..., :128])
    assert session.heard == []  # one start need not compete


def test_where_nothing_is_known_the_likest_begins_as_it_is(tmp_path):
    session, run, own = make_session(identity="mini@0123456789ab"), KeptRun(tmp_path), starts()
    for _ in range(2):
        assert stock.with_best_start(session, run, own, Heard()) is own
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_an_earlier_version_goes_on_from_where_it_began(tmp_path):
    session, own = make_session(), starts()
    run = KeptRun(tmp_path, states=["a search under way"])
    assert stock.with_best_start(session, run, own, Heard()) is own
    assert run.kept == {}


def test_a_named_start_and_a_search_that_none_leads_are_left_alone(tmp_path):
    run = KeptRun(tmp_path)
    named = StartVoices(["v1"], VOICES, VOICES[0], VOICES, VOICES[4])
    assert stock.with_best_start(make_session(), run, named, Heard()) is named
    own = starts()
    session = make_session(method="random")
    assert stock.with_best_start(session, run, own, Heard()) is own


NATIVES = [Voice(f"{name}_v{i}", VOICES[i].rows) for i, name in ((1, "ef"), (3, "em"))]
MIXED = [VOICES[0], NATIVES[0], VOICES[2], NATIVES[1], *VOICES[4:]]


def prosody_like(made, voices):
    """Returns the weights of the voices whose prosody halves add up to a voice's."""
    halves = np.stack([one.rows[..., PROSODY].ravel() for one in voices]).astype(float)
    return np.linalg.lstsq(halves.T, made.rows[..., PROSODY].ravel().astype(float), rcond=None)[0]


def test_in_another_language_prosody_is_that_languages_and_timbre_the_targets():
    made = dict(stock.candidates(make_session(lang="e"), starts(MIXED)))
    assert list(made) == [
        "v0 with Spanish prosody",
        f"{stock.likest_known(make_session(), NATIVES)[0].name} with Spanish prosody",
        f"{stock.GUESS} with Spanish prosody",
    ]
    for name, voice in made.items():
        weights = prosody_like(voice, NATIVES)
        assert weights.sum() == pytest.approx(1, abs=1e-4), name
        np.testing.assert_allclose(
            np.tensordot(weights, [one.rows[..., PROSODY] for one in NATIVES], axes=1),
            voice.rows[..., PROSODY], atol=1e-5,
        )  # fmt: skip
    timbre = made["v0 with Spanish prosody"].rows[..., TIMBRE]
    assert np.array_equal(timbre, VOICES[0].rows[..., TIMBRE])


def test_a_target_without_pitch_gets_the_prosody_of_the_likest_native(monkeypatch):
    monkeypatch.setattr(method, "target_prosody", lambda session: Prosody(None, None, None))
    session = make_session(lang="e")
    likest = stock.likest_known(session, NATIVES)[0]
    made = dict(stock.candidates(session, starts(MIXED)))
    for voice in made.values():
        np.testing.assert_allclose(voice.rows[..., PROSODY], likest.rows[..., PROSODY], atol=1e-6)


def test_where_no_voice_speaks_the_language_all_count():
    assert stock.native_voices(VOICES, "e") == []
    made = list(dict(stock.candidates(make_session(lang="f"), starts(MIXED))))
    assert made == ["v0 with blended prosody", stock.GUESS]


def test_american_english_takes_all_voices_as_ever():
    named = [Voice("af_x", VOICES[0].rows), Voice("ef_x", VOICES[1].rows)]
    assert stock.native_voices(named, "a") == []
    assert stock.native_voices(named, "e") == named[1:]


def test_where_nothing_is_known_the_likest_native_is_heard_too():
    session = make_session(identity="mini@0123456789ab", lang="e")
    assert list(dict(stock.candidates(session, starts(MIXED)))) == ["v0", "ef_v1"]
