"""The library: its names, how lightly it loads, and what it makes of its arguments."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import kvoicewalk
from kvoicewalk import api, api_options

NAMES = [
    "Events",
    "HeldOutResult",
    "InstallResult",
    "InterruptedRunError",
    "InterruptedSpeechError",
    "Judgement",
    "KvwError",
    "NarrationResult",
    "RankResult",
    "RankStep",
    "RankedVoice",
    "Scores",
    "SearchResult",
    "SearchStart",
    "SearchStep",
    "SpeechStep",
    "Stage",
    "SweepStep",
    "Target",
    "Voice",
    "__version__",
    "adjust",
    "clone",
    "convert_voice",
    "import_model",
    "install_voice",
    "interpolate",
    "load_voice",
    "load_voices",
    "narrate",
    "rank",
    "resume",
    "save_voice",
    "save_voices",
    "score",
    "speak",
    "stream",
    "walk",
]


def test_its_names():
    assert sorted(kvoicewalk.__all__) == NAMES
    for name in NAMES:
        assert getattr(kvoicewalk, name) is not None
        assert name in dir(kvoicewalk)
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        kvoicewalk.train  # noqa: B018


def test_no_module_hides_a_name():
    """An import of `kvoicewalk.score`, the module, made `kvoicewalk.score()` a module, too."""
    assert not {one.name for one in pkgutil.iter_modules(kvoicewalk.__path__)} & set(NAMES)


def test_every_function_and_result_is_documented():
    for name in NAMES:
        one = getattr(kvoicewalk, name)
        assert isinstance(one, str) or (one.__doc__ or "").strip(), name


def test_importing_it_and_its_functions_loads_nothing_heavy():
    code = (
        "import sys, kvoicewalk\n"
        "kvoicewalk.clone, kvoicewalk.Events, kvoicewalk.Stage, kvoicewalk.Target\n"
        "print(sorted({'torch', 'kokoro', 'librosa', 'resemblyzer', 'numpy', 'pydantic', 'rich',"
        " 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("given", ["a.wav", Path("a.wav"), ["a.wav"], (Path("a.wav"),)])
def test_a_target_may_be_one_path_or_several(given):
    config = api_options.run_config("rank", given, {}, {"model": "mini"})
    assert config.target.paths == (Path("a.wav").absolute(),)
    assert config.target.words is None


def test_words_settings_and_keywords():
    target = api.Target(("a.wav", "b.wav"), words="Hello there.", channel="left")
    options = {"model": "mini", "seed": 3, "settings": {"synth": {"seed": 1, "speed": 1.5}}}
    config = api_options.run_config("clone", target, {"walk": {"n_steps": 2}}, options)
    assert len(config.target.paths) == 2
    assert (config.target.words, config.target.channel) == ("Hello there.", "left")
    assert config.target.is_text_open
    assert (config.synth.seed, config.synth.speed) == (3, 1.5)
    assert config.walk.n_steps == 2


def test_what_cannot_be_used_is_a_kvw_error(tmp_path):
    with pytest.raises(kvoicewalk.KvwError, match=r"nowhere\.wav"):
        kvoicewalk.rank(tmp_path / "nowhere.wav", model="mini", out_dir=tmp_path)
    with pytest.raises(kvoicewalk.KvwError, match="Valid keys there"):
        kvoicewalk.rank("a.wav", model="mini", settings={"walk": {"stepz": 1}})
    with pytest.raises(kvoicewalk.KvwError, match="no earlier run"):
        kvoicewalk.walk(out_dir=tmp_path / "out")
    with pytest.raises(kvoicewalk.KvwError, match="holds no run that was cut off"):
        kvoicewalk.resume(out_dir=tmp_path / "out")


def test_a_voice_goes_into_a_file_and_back(tmp_path, mini_model):
    voice = mini_model.voices.load("am_flint")
    kvoicewalk.save_voice(voice, tmp_path / "v.pt")
    assert (kvoicewalk.load_voice(str(tmp_path / "v.pt")).rows == voice.rows).all()


def test_an_array_speaks(tmp_path, mini_model):
    voice = mini_model.voices.load("am_flint")
    speech = kvoicewalk.speak(voice, "Hello.", model="mini", wav_path=tmp_path / "s.wav")
    named = kvoicewalk.speak("am_flint", "Hello.", device="cpu")
    assert (speech.samples == named.samples).all()
    assert speech.sample_rate_hz == 24_000
    assert (tmp_path / "s.wav").is_file()
