"""Second judges: missing ones say so; present ones give the numbers that a known case must get."""

import json
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.config import JudgesConfig
from kvoicewalk.errors import ModelError
from kvoicewalk.judges import (
    UnavailableError,
    fetch_judges,
    hear_judges,
    open_listener,
    open_panel,
    panel,
)
from kvoicewalk.judges.dnsmos import Dnsmos
from kvoicewalk.judges.encoder import encoder_judges
from kvoicewalk.judges.speaker import WavlmSpeaker
from kvoicewalk.judges.words import NEEDED, Listener, WordError, plain
from kvoicewalk.models import pinned
from kvoicewalk.texts import texts_of
from tests.generated_whisper import write_whisper


def noise(seed, size=0.3, seconds=2.0):
    rng = np.random.default_rng(seed)
    samples = size * rng.standard_normal(int(seconds * SAMPLE_RATE_HZ))
    return Utterance(samples.astype(np.float32), SAMPLE_RATE_HZ, "Some words.")


class Fixed:
    name, label = "fixed", "Fixed"

    def require(self):
        pass

    def judge(self, speech, target):
        return None if speech is target else float(len(speech))


class Missing:
    name, label = "missing", "Missing"

    def require(self):
        raise UnavailableError("not installed: do this")


def test_a_missing_judge_has_a_reading_without_a_value():
    clip = noise(0)
    first, second = hear_judges([Fixed(), Missing()], [clip, clip], lambda: [clip], [clip])
    assert (first.value, first.floor, first.target, first.note) == (2.0, 1.0, None, "")
    assert (second.value, second.floor, second.note) == (None, None, "not installed: do this")


def test_when_it_is_late_the_rest_is_left_out():
    answers = iter([False, True])
    clip = noise(0)
    first, second = hear_judges(
        [Fixed(), Fixed()], [clip], lambda: [clip], [clip], lambda: next(answers)
    )
    assert first.value == 1.0
    assert (second.value, second.note) == (None, "no time left")


def test_a_missing_judge_is_never_late():
    clip = noise(0)
    (reading,) = hear_judges([Missing()], [clip], lambda: [clip], [clip], lambda: True)
    assert reading.note == "not installed: do this"


def test_a_judge_that_cannot_be_loaded_says_so():
    class Damaged(Fixed):
        def judge(self, speech, target):
            raise UnavailableError("model.bin cannot be loaded: damaged")

    clip = noise(0)
    (reading,) = hear_judges([Damaged()], [clip], lambda: [clip], [clip])
    assert (reading.value, reading.note) == (None, "model.bin cannot be loaded: damaged")


def test_without_their_packages_and_models_all_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for name in ("speechmos", "faster_whisper", "jiwer"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    clip = noise(0)
    readings = {
        one.name: one
        for one in hear_judges(open_panel(JudgesConfig()), [clip], lambda: [clip], [clip])
    }
    assert readings["dnsmos"].note == "not installed: pip install 'kvoicewalk[judge]'"
    assert readings["wavlm_sv"].note == "not fetched: kvw setup --judges"
    assert readings["word_error"].note == "not installed: pip install 'kvoicewalk[asr]'"
    assert all(one.value is None for one in readings.values())


def test_an_encoder_that_did_not_lead_judges(monkeypatch):
    from kvoicewalk.config import ENCODER_NAMES

    def names(leading):
        return [one.name for one in open_panel(JudgesConfig(), "a", leading)]

    assert names(ENCODER_NAMES) == ["wavlm_sv", "dnsmos", "word_error"]
    assert names(["resemblyzer"])[0] == "campplus"
    assert names(["campplus"])[0] == "resemblyzer"
    (judge,) = encoder_judges(["resemblyzer"])
    clips = [noise(0), noise(1)]
    (reading,) = hear_judges([judge], clips, lambda: clips, clips)
    assert (reading.value, reading.note) == (None, "not fetched: kvw setup --encoders")

    class Level:
        def embed(self, utterance):
            level = float(np.abs(utterance.samples).mean())
            return np.array([level, 1.0]) / np.hypot(level, 1.0)

    (judge,) = encoder_judges(["campplus"])
    monkeypatch.setattr(judge, "_load", Level)
    assert judge.judge(clips, list(clips)) == pytest.approx(1, abs=0.01)
    assert judge.judge(clips, clips) == pytest.approx(1, abs=0.01)
    one = clips[:1]
    assert judge.judge(one, one) is None  # one clip alone is not held against itself


def test_half_an_installation_is_none(monkeypatch):
    clip = noise(0)
    monkeypatch.setitem(sys.modules, "speechmos", None)  # found, but its import fails
    monkeypatch.setattr("importlib.util.find_spec", lambda _: "found")
    (reading,) = hear_judges([Dnsmos()], [clip], lambda: [clip], [clip])
    assert reading.note == "not installed: pip install 'kvoicewalk[judge]'"


@pytest.fixture
def stock_speech(mini_synthesizer):
    voice = mini_synthesizer.model.voices.load("af_beryl")
    return mini_synthesizer.speak(texts_of().target, voice, seed=0)


def test_dnsmos_hears_noise_on_speech(stock_speech):
    dirty = (
        stock_speech.samples
        + 0.1 * noise(1, 1.0, stock_speech.duration_s + 1).samples[: stock_speech.samples.size]
    )
    spoiled = Utterance(dirty.astype(np.float32), SAMPLE_RATE_HZ)
    clean, noisy = (Dnsmos().judge([one], []) for one in (stock_speech, spoiled))
    assert 1 < noisy < clean - 0.3 < 5


@pytest.fixture(scope="module")
def wavlm(tmp_path_factory):
    """The real classes, small, with generated weights."""
    from transformers import Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForXVector

    torch.manual_seed(0)
    config = WavLMConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        conv_dim=(16,) * 7, tdnn_dim=(16,) * 5, xvector_output_dim=24,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("wavlm")
    WavLMForXVector(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def test_wavlm_knows_a_voice_from_itself(wavlm):
    judge, clips = WavlmSpeaker(wavlm), [noise(0), noise(1)]
    assert judge.judge([clips[0]], [clips[0]]) == pytest.approx(1.0, abs=1e-5)
    tone = 0.3 * np.sin(np.arange(48_000) * 0.05).astype(np.float32)
    assert judge.judge([Utterance(tone, SAMPLE_RATE_HZ)], clips) < 0.999
    assert judge.judge(clips, clips) == pytest.approx(
        judge.judge([clips[0]], [clips[1]]), abs=1e-5
    )  # each clip against the others
    one = clips[:1]
    assert judge.judge(one, one) is None


class Mischief:
    """What makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def write_plain_pickle(state, path):
    path.write_bytes(pickle.dumps(state, protocol=2))


@pytest.fixture
def pickled_wavlm(wavlm, tmp_path):
    """A folder without weights, whose config leaves the number format to them."""
    folder = tmp_path / "pickled"
    shutil.copytree(wavlm, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((folder / "config.json").read_text())
    del config["dtype"]  # transformers 5.24 is told how to unpickle where it looks for this alone
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("write", [torch.save, write_plain_pickle])
def test_no_pickle_of_wavlm_is_run(pickled_wavlm, tmp_path, write):
    write({"mischief": Mischief(tmp_path / "made")}, pickled_wavlm / "pytorch_model.bin")
    with pytest.raises(UnavailableError, match="more than weights") as caught:
        WavlmSpeaker(pickled_wavlm).judge([noise(0)], [noise(1)])
    assert not (tmp_path / "made").exists()
    assert "\n" not in str(caught.value)


def test_weights_of_either_form_say_the_same(wavlm, pickled_wavlm):
    torch.save(load_file(wavlm / "model.safetensors"), pickled_wavlm / "pytorch_model.bin")
    clips = [noise(0)], [noise(1)]
    expected = pytest.approx(WavlmSpeaker(wavlm).judge(*clips), abs=1e-6)
    assert WavlmSpeaker(pickled_wavlm).judge(*clips) == expected


def test_safe_weights_are_preferred_to_a_pickle(wavlm, pickled_wavlm):
    shutil.copy(wavlm / "model.safetensors", pickled_wavlm)
    (pickled_wavlm / "pytorch_model.bin").write_bytes(b"no pickle")
    clips = [noise(0)], [noise(1)]
    expected = pytest.approx(WavlmSpeaker(wavlm).judge(*clips), abs=1e-6)
    assert WavlmSpeaker(pickled_wavlm).judge(*clips) == expected


def test_a_damaged_wavlm_is_one_line(wavlm, tmp_path):
    (tmp_path / "config.json").write_text((wavlm / "config.json").read_text())
    with pytest.raises(UnavailableError, match=r"holds no preprocessor_config\.json"):
        WavlmSpeaker(tmp_path).require()
    (tmp_path / "preprocessor_config.json").write_text("{}")
    with pytest.raises(UnavailableError, match="cannot be loaded") as caught:
        WavlmSpeaker(tmp_path).judge([noise(0)], [noise(1)])
    assert "\n" not in str(caught.value)


class Deaf(Listener):
    """Hears what it is told to hear."""

    def __init__(self, **heard):
        super().__init__(None)
        self.heard, self.asked = heard, set()

    def write_down(self, utterance, language="en"):
        self.asked.add(language)
        return self.heard.get(utterance.text, "")


def said(text):
    return Utterance(np.zeros(10, np.float32), SAMPLE_RATE_HZ, text)


def test_word_error_counts_words():
    judge = WordError(Deaf(**{"One two three four.": "One, TWO tree four"}))
    assert judge.judge([said("One two three four.")], []) == pytest.approx(0.25)
    assert judge.judge([said("One two three four."), said("Four more words here.")], []) == (
        pytest.approx(5 / 8)
    )
    assert judge.judge([said("")], []) is None
    assert judge.label == "word error by Whisper (0 best)"


def test_word_error_is_counted_in_each_language():
    listener = Deaf(**{"Son las tres en punto.": "Son las 3 en punto", "Él bebió.": "el bebió."})
    judge = WordError(listener, "e")
    assert judge.judge([said("Son las tres en punto.")], []) == 0
    assert judge.judge([said("Él bebió.")], []) == pytest.approx(0.5)
    assert listener.asked == {"es"}


@pytest.mark.parametrize(
    ("lang", "package", "text", "alike", "other"),
    [
        ("z", "jieba", "天还没亮。", "天還沒亮", "天还没黑"),
        (
            "j",
            "fugashi",
            "祖母は味噌を蔵にしまっている。",
            "そぼはみそをくらにしまっている",
            "祖父は味噌を",
        ),
    ],
)
def test_without_spaces_sounds_are_counted(lang, package, text, alike, other):
    pytest.importorskip(package)
    assert WordError(Deaf(**{text: alike}), lang).judge([said(text)], []) == 0
    assert WordError(Deaf(**{text: other}), lang).judge([said(text)], []) > 0.15
    assert WordError(Deaf(), lang).judge([said(text)], []) == 1
    assert WordError(Deaf(), lang).label == "sound error by Whisper (0 best)"


def test_without_its_front_end_sounds_are_not_counted(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] in ("misaki", "jieba")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jieba", None)
    (reading,) = hear_judges(
        [Present(Deaf(), "z")], [said("天")], lambda: [said("天")], [Utterance(np.zeros(9), 24_000)]
    )
    assert (reading.value, "kvoicewalk[zh]" in reading.note) == (None, True)


class Present(WordError):
    def require(self):
        pass


def test_other_languages_want_the_other_whisper(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    places = {}
    for repo in (pinned.WHISPER, pinned.WHISPER_ANY):
        assert open_listener(JudgesConfig(), "e")._folder is None
        places[repo] = snapshot_of(tmp_path, repo, repo.revision)
        for name in panel.words.FILES:
            (places[repo] / name).touch()
        if repo is pinned.WHISPER:  # English alone is there
            assert open_listener(JudgesConfig(), None)._folder == places[repo]
    for lang, repo in (
        ("a", pinned.WHISPER), ("b", pinned.WHISPER),
        ("e", pinned.WHISPER_ANY), (None, pinned.WHISPER_ANY),
    ):  # fmt: skip
        assert open_listener(JudgesConfig(), lang)._folder == places[repo]
    monkeypatch.setenv("KVW_WHISPER_DIR", str(tmp_path))
    assert open_listener(JudgesConfig(), "e")._folder == tmp_path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't -- STOP!", "don't stop"),
        ("Don’t stop…", "don't stop"),
        (
            "At 5 p.m., Mr. O’Neil paid $2.50.",
            "at five pm mister o'neil paid two dollars and fifty cents",
        ),
        ("At five PM Mister O'Neil", "at five pm mister o'neil"),
        ("the oﬃce", "the office"),
    ],
)
def test_words_are_compared_as_they_are_said(text, words):
    assert plain(text) == words


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("e", "¿Qué? ¡No, señor: 12!", "qué no señor doce"),
        ("f", "L’été, c'est 21 jours", "l été c est vingt et un jours"),
        ("h", "यह घर है।", "यह घर है"),
        ("p", "São 2 pães", "são dois pães"),
        ("i", "Sono le 3", "sono le tre"),
    ],
)
def test_words_of_other_languages_too(lang, text, words):
    assert plain(text, lang) == words


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    """A generated model's folder."""
    return write_whisper(tmp_path_factory.mktemp("whisper"))


def hollow(folder):
    """Returns a folder that looks like a model's."""
    for name in NEEDED:
        (folder / name).touch()
    return folder


def test_whisper_writes_down_through_the_real_loader(whisper):
    listener = Listener(whisper)
    heard = [listener.write_down(noise(seed)) for seed in (0, 0, 1)]
    assert all(isinstance(words, str) for words in heard)
    assert heard[0] == heard[1]
    listener.close()
    assert listener.write_down(noise(0)) == heard[0]  # by another process


def test_what_hears_leaves_nothing_to_crash_at_the_end(whisper):
    program = (
        "import sys, pathlib, numpy as np; from kvoicewalk.audio import Utterance;"
        "from kvoicewalk.judges import Listener;"
        "one = Utterance(np.zeros(16_000, np.float32), 24_000);"
        "Listener(pathlib.Path(sys.argv[1])).write_down(one); print('ctranslate2' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(whisper)], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "False"), ended.stderr


def test_a_whisper_that_dies_is_started_anew(whisper, monkeypatch):
    listener = Listener(whisper)
    heard = listener.write_down(noise(0))
    listener._process.kill()
    assert listener.write_down(noise(0)) == heard
    monkeypatch.setattr(sys, "executable", str(whisper / "nothing"))
    with pytest.raises(UnavailableError, match="not started"):
        Listener(whisper).write_down(noise(0))
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(UnavailableError, match="not started"):
        Listener(whisper).write_down(noise(0))


def test_its_process_has_the_setting_that_keeps_it_alive(tmp_path, monkeypatch):
    (tmp_path / "faster_whisper.py").write_text(
        "import os\n"
        "class WhisperModel:\n"
        "    def __init__(self, *_, **__):\n"
        "        raise OSError(os.environ['ONEDNN_PRIMITIVE_CACHE_CAPACITY'])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    with pytest.raises(UnavailableError, match=r": 64$"):
        Listener(hollow(tmp_path)).write_down(noise(0))
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")  # the user's own stays
    with pytest.raises(UnavailableError, match=r": 7$"):
        Listener(hollow(tmp_path)).write_down(noise(0))


def test_what_others_print_in_its_process_is_no_answer(whisper, tmp_path, monkeypatch):
    banner = "print('a banner'); print('[1]'); print('{\"other\": 1}')"
    (tmp_path / "sitecustomize.py").write_text(banner)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert isinstance(Listener(whisper).write_down(noise(0)), str)


def test_an_end_that_nobody_expected_has_its_exit_code(tmp_path, monkeypatch):
    (tmp_path / "faster_whisper.py").write_text("raise SystemExit(7)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnavailableError, match=r"stopped by itself \(exit code 1\)"):
        Listener(hollow(tmp_path)).write_down(noise(0))


def test_ctrl_c_ends_what_hears(whisper, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    listener = Listener(whisper)
    listener.write_down(noise(0))
    process = listener._process
    monkeypatch.setattr(listener, "_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        listener.write_down(noise(0))
    assert process.poll() is not None


def test_what_whisper_cannot_hear_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "faster_whisper.py").write_text(
        "class WhisperModel:\n"
        "    def __init__(self, *_, **__): print('no answer')\n"
        "    def transcribe(self, *_, **__): raise RuntimeError('first\\nsecond')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnavailableError, match=r"^cannot hear this: first$"):
        Listener(hollow(tmp_path)).write_down(noise(0))


def test_a_damaged_whisper_is_one_line(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(UnavailableError, match="cannot be loaded") as caught:
        Listener(hollow(tmp_path)).write_down(noise(0))
    assert "\n" not in str(caught.value)


def cache_judges(folder, revision=None):
    """Lays out empty files as the hub's client would, at a revision or at the pinned ones."""
    for repo, files in panel.MODELS:
        snapshot = snapshot_of(folder, repo, revision or repo.revision)
        for name in files:
            (snapshot / name).touch()


def snapshot_of(folder, repo, revision):
    path = folder / f"models--{repo.name.replace('/', '--')}" / "snapshots" / revision
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What is asked of the hub: (repository, file, revision)."""
    asked = []

    def download(repo, name, revision, **_):
        asked.append((repo, name, revision))
        return str(tmp_path / name)

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(pinned, "hf_hub_download", download)
    return asked


def test_fetching_without_a_network_is_one_line(asked, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network\nmore")

    monkeypatch.setattr(pinned, "hf_hub_download", refuse)
    with pytest.raises(ModelError, match=r"could not be fetched .*: no network\. Run") as caught:
        list(fetch_judges(lambda _: None))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("revision", [None, "1" * 40])
def test_what_is_cached_is_not_fetched(asked, tmp_path, revision):
    cache_judges(tmp_path, revision)
    assert list(fetch_judges(lambda _: None)) == []
    assert asked == []
    repo = pinned.WHISPER
    (snapshot_of(tmp_path, repo, revision or repo.revision) / "model.bin").unlink()
    assert list(fetch_judges(lambda _: None)) == [pinned.WHISPER.name]
    assert asked[0][0] == pinned.WHISPER.name


def test_judges_are_fetched_at_their_pinned_commits(asked):
    assert list(fetch_judges(lambda _: None)) == [repo.name for repo, _ in panel.MODELS]
    wanted = [(repo.name, name, repo.revision) for repo, files in panel.MODELS for name in files]
    assert asked == wanted
