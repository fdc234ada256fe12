"""A text is spoken into a file that grows, whatever stops it."""

import json
import multiprocessing
import shutil
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.app.events import Events, InterruptedSpeechError
from kvoicewalk.app.narrate import _speak_into
from kvoicewalk.app.speak import Speaker
from kvoicewalk.errors import StoreError, SynthError
from kvoicewalk.phonemes import PhonemeText
from kvoicewalk.reading import read
from kvoicewalk.store import part as part_module
from kvoicewalk.store.part import JOURNAL_NAME, SOUND_NAME, part_folder
from tests.fakes import constant_voice

TEXT = "# One\n\nFirst. Here.\n\nSecond [pause:0.1] half.\n\n* * *\n\nThird one is here."


class Stop(BaseException):
    """As good as a `kill -9`: nobody catches it."""


@dataclass
class FakeVoiceBox:
    """Speaks noise that depends on phonemes and seed; stops at the chunk that it is told to."""

    identity: str = "fake@0"
    stops_at: int = -1
    error: BaseException = field(default_factory=Stop)
    n_spoken: int = 0

    @property
    def model(self):
        return SimpleNamespace(identity=self.identity)

    @property
    def phonemizer(self):
        return self

    def phonemize_marked(self, text, lang):
        chunks = tuple(text.split()) if "mute" not in text else ()
        return PhonemeText(text, lang, chunks, ())

    def speak_once(self, phonemes, voice, *, seed):
        if self.n_spoken == self.stops_at:
            raise self.error
        self.n_spoken += 1
        rng = np.random.default_rng([seed, *phonemes.encode()])
        return rng.uniform(-0.5, 0.5, 50 * len(phonemes)).astype(np.float32)


def speaker(text=TEXT, voice=0.1, seed=3, **options):
    return Speaker(
        FakeVoiceBox(**options),
        constant_voice("v", voice),
        "a",
        seed,
        read(text, "a", pause_s=0.01),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a call that nothing stopped."""
    path = tmp_path_factory.mktemp("whole") / "a.wav"
    _speak_into(speaker(), path, "wav", Events())
    return path.read_bytes()


def n_chunks():
    done = speaker()
    list(done.speak())
    return done.synthesizer.n_spoken


def test_the_file_holds_all_pieces_and_nothing_else_stays(tmp_path, whole):
    path = tmp_path / "a.wav"
    heard = []

    class Heard(Events):
        def step(self, step):
            heard.append(step)
            sound, rate_hz = soundfile.read(part_folder(path) / SOUND_NAME)  # it can be listened to
            assert sound.size / rate_hz == pytest.approx(step.duration_s)

    data = _speak_into(speaker(), path, "wav", Heard())
    assert path.read_bytes() == whole
    samples = np.concatenate([piece.samples for piece in speaker().speak()])
    np.testing.assert_array_equal(
        soundfile.read(path, dtype="int16")[0], np.floor(samples * 32_768).astype(np.int16)
    )
    assert data["duration_s"] == pytest.approx(samples.size / 24_000)
    assert data["resumed_s"] == 0
    assert heard[0].text == "One"
    assert heard[-1].n_characters == heard[-1].n_total == data["n_characters"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_killed_again_and_again_and_resumed_it_is_the_same_file(tmp_path, format):
    path, whole_path = tmp_path / f"a.{format}", tmp_path / f"b.{format}"
    _speak_into(speaker(), whole_path, format, Events())
    n_stops = 0
    while not path.exists():
        try:
            _speak_into(speaker(stops_at=4), path, format, Events())
        except Stop:
            n_stops += 1
    assert n_stops >= 2
    assert path.read_bytes() == whole_path.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, whole_path.name]


def test_killed_anywhere_and_resumed_it_is_the_same_file(tmp_path, whole):
    for stops_at in range(n_chunks()):
        path = tmp_path / f"{stops_at}.wav"
        with pytest.raises(Stop):
            _speak_into(speaker(stops_at=stops_at), path, "wav", Events())
        assert not path.exists()
        data = _speak_into(speaker(), path, "wav", Events())
        assert bool(data["resumed_s"]) == (stops_at > 0)
        assert path.read_bytes() == whole


def test_opus_is_the_same_sound(tmp_path):
    """The number of its stream is drawn anew each time."""
    for name, stops_at in (("a", 4), ("b", -1)):
        path = tmp_path / f"{name}.opus"
        if stops_at >= 0:
            with pytest.raises(Stop):
                _speak_into(speaker(stops_at=stops_at), path, "opus", Events())
        _speak_into(speaker(), path, "opus", Events())
    one, two = (soundfile.read(tmp_path / name)[0] for name in ("a.opus", "b.opus"))
    np.testing.assert_array_equal(one, two)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_is_cut_off_or_torn_it_goes_on_or_is_refused(tmp_path_factory, whole, data):
    path = tmp_path_factory.mktemp("torn") / "a.wav"
    with pytest.raises(Stop):
        _speak_into(
            speaker(stops_at=data.draw(st.integers(1, n_chunks() - 1))), path, "wav", Events()
        )
    folder = part_folder(path)
    if not folder.exists():
        return  # nothing was whole yet
    for name in (SOUND_NAME, JOURNAL_NAME):
        file = folder / name
        kept = file.read_bytes()[: data.draw(st.integers(0, file.stat().st_size))]
        file.write_bytes(kept + data.draw(st.binary(max_size=40)))
    try:
        _speak_into(speaker(), path, "wav", Events())
    except StoreError:
        assert not path.exists()
        return
    # Sound before the last whole line is believed; what was torn in it stays torn.
    assert len(path.read_bytes()) == len(whole)


def test_ctrl_c_says_where_it_is_and_leaves_nothing_of_nothing(tmp_path):
    path = tmp_path / "a.wav"
    with pytest.raises(InterruptedSpeechError) as caught:
        _speak_into(speaker(stops_at=4, error=KeyboardInterrupt()), path, "wav", Events())
    assert caught.value.part_path == part_folder(path)
    assert caught.value.duration_s > 0
    assert not path.exists()
    other = tmp_path / "b.wav"
    with pytest.raises(KeyboardInterrupt) as caught:
        _speak_into(speaker(stops_at=0, error=KeyboardInterrupt()), other, "wav", Events())
    assert not isinstance(caught.value, InterruptedSpeechError)
    assert not part_folder(other).exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": TEXT + " More."}, "text or pauses"),
        ({"voice": 0.2}, "voice"),
        ({"seed": 4}, "seed"),
        ({"identity": "other@1"}, "model, speed or device"),
    ],
)
def test_another_speech_never_goes_on_in_an_old_one(tmp_path, changed, words):
    path = tmp_path / "a.wav"
    with pytest.raises(Stop):
        _speak_into(speaker(stops_at=4), path, "wav", Events())
    before = (part_folder(path) / SOUND_NAME).read_bytes()
    with pytest.raises(StoreError, match=f"another speech .not the same: .*{words}") as caught:
        _speak_into(speaker(**changed), path, "wav", Events())
    assert caught.value.settings == ("restart",)
    assert (part_folder(path) / SOUND_NAME).read_bytes() == before
    data = _speak_into(speaker(**changed), path, "wav", Events(), is_fresh=True)
    assert data["resumed_s"] == 0
    assert not part_folder(path).exists()


def test_what_somebody_else_put_there_is_not_touched(tmp_path):
    path = tmp_path / "a.wav"
    for name in ("mine.txt", SOUND_NAME):
        folder = part_folder(path)
        folder.mkdir()
        (folder / name).write_text("mine")
        for is_fresh in (False, True):
            with pytest.raises(StoreError, match="move it away"):
                _speak_into(speaker(), path, "wav", Events(), is_fresh=is_fresh)
        assert (folder / name).read_text() == "mine"
        shutil.rmtree(folder)
    (tmp_path / "elsewhere").mkdir()
    part_folder(path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="move it away"):
        _speak_into(speaker(), path, "wav", Events())
    part_folder(path).unlink()
    folder = part_folder(path)
    folder.mkdir()
    (folder / JOURNAL_NAME).write_text('{"key": "of another program"}\n')
    with pytest.raises(StoreError, match="damaged"):
        _speak_into(speaker(), path, "wav", Events())


def _hold(path, began, end):
    class Waiting(Events):
        def step(self, step):
            began.set()
            end.wait(60)

    _speak_into(speaker(), path, "wav", Waiting())


def test_two_processes_do_not_speak_into_one_file(tmp_path, whole):
    path = tmp_path / "a.wav"
    context = multiprocessing.get_context("fork")
    began, end = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(path, began, end))
    process.start()
    try:
        assert began.wait(60)
        with pytest.raises(StoreError, match="another process is speaking"):
            _speak_into(speaker(), path, "wav", Events())
    finally:
        end.set()
        process.join(60)
    assert path.read_bytes() == whole


def test_a_full_disk_keeps_what_was_spoken(tmp_path, monkeypatch, whole):
    path = tmp_path / "a.wav"
    sync, n_calls = part_module._sync, 0

    def full(file):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 8:
            raise OSError(28, "No space left on device")
        sync(file)

    monkeypatch.setattr(part_module, "_sync", full)
    with pytest.raises(StoreError, match=r"No space left on device.*is kept"):
        _speak_into(speaker(), path, "wav", Events())
    _speak_into(speaker(), path, "wav", Events())
    assert path.read_bytes() == whole


def test_a_file_that_is_there_is_replaced_only_by_a_whole_one(tmp_path, whole):
    path = tmp_path / "a.wav"
    path.write_bytes(b"older")
    with pytest.raises(Stop):
        _speak_into(speaker(stops_at=5), path, "wav", Events())
    assert path.read_bytes() == b"older"
    _speak_into(speaker(), path, "wav", Events())
    assert path.read_bytes() == whole


def test_a_long_name_has_room_for_its_part(tmp_path):
    path = tmp_path / ("d" * 250 + ".wav")
    with pytest.raises(Stop):
        _speak_into(speaker(stops_at=3), path, "wav", Events())
    assert part_folder(path).is_dir()
    _speak_into(speaker(), path, "wav", Events())
    assert path.is_file()
    assert not part_folder(path).exists()


def test_pieces_without_sound(tmp_path):
    path = tmp_path / "a.wav"
    _speak_into(speaker("mute\n\nheard"), path, "wav", Events())
    assert path.is_file()
    with pytest.raises(SynthError, match="nothing that can be spoken"):
        _speak_into(speaker("mute"), tmp_path / "b.wav", "wav", Events())
    assert not (tmp_path / "b.wav").exists()


def test_the_journal_is_plain(tmp_path):
    path = tmp_path / "a.wav"
    with pytest.raises(Stop):
        _speak_into(speaker(stops_at=4), path, "wav", Events())
    lines = [json.loads(one) for one in (part_folder(path) / JOURNAL_NAME).read_text().splitlines()]
    assert lines[0]["voice"] == speaker().voice.hash
    assert [one["n_pieces"] for one in lines[1:]] == list(range(1, len(lines)))


def test_the_key_is_that_of_the_sound():
    key = speaker().key()
    assert speaker().key() == key
    assert replace(speaker(), lang="b").key() != key
    paused = Speaker(FakeVoiceBox(), constant_voice("v", 0.1), "a", 3, read(TEXT, "a", pause_s=2.0))
    assert paused.key()["text or pauses"] != key["text or pauses"]


def test_silence_at_the_ends_of_pieces_is_no_part_of_a_pause():
    class Slow(FakeVoiceBox):
        def speak_once(self, phonemes, voice, *, seed):
            tone = np.full(2_400, 0.5, dtype=np.float32)
            silence = np.full(12_000, 1e-4, dtype=np.float32)
            return np.concatenate([silence, tone, silence])

    box = Slow()
    reading = read("One\n\n[pause:1]\n\ntwo", "a", pause_s=0.5)
    pieces = list(Speaker(box, constant_voice("v", 0.1), "a", 3, reading).speak())
    loud = np.flatnonzero(np.concatenate([piece.samples for piece in pieces]) > 0.1)
    (gap,) = np.diff(loud)[np.diff(loud) > 1]
    assert gap == pytest.approx(24_000, abs=2)
    assert loud[0] == 12_000  # the beginning and the end are the voice's own
    assert sum(piece.samples.size for piece in pieces) - loud[-1] == 12_001
    alone = Speaker(box, constant_voice("v", 0.1), "a", 3, read("One", "a", pause_s=0.5))
    assert next(alone.speak()).samples.size == 26_400
    muted = FakeVoiceBox()
    muted.speak_once = lambda *_args, **_options: np.zeros(100, dtype=np.float32)
    silent = Speaker(muted, constant_voice("v", 0.1), "a", 3, reading)
    assert [piece.samples.size for piece in silent.speak()] == [100, 21_600, 100]
