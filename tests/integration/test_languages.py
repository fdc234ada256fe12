"""A search in another language than English speaks that language's texts, and no others."""

import shutil

import soundfile

from kvoicewalk.app.events import Events
from kvoicewalk.app.search_run import run_search
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.config_file import merge_config
from kvoicewalk.store import RunStore
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.texts import texts_of


def test_a_spanish_search_speaks_spanish(tmp_path, monkeypatch, example_target):
    samples, rate_hz = soundfile.read(example_target)
    soundfile.write(tmp_path / "clip.wav", samples[: 4 * rate_hz], rate_hz)
    (tmp_path / "voices").mkdir()
    for name in ("af_beryl", "af_ivory", "am_garnet"):
        shutil.copy(bundled_dir("voices") / f"{name}.pt", tmp_path / "voices")
    said = set()
    speak = KokoroSynthesizer.speak

    def listen(self, text, voice, *, seed, lang="a"):
        said.add((lang, text))
        return speak(self, text, voice, seed=seed, lang=lang)

    monkeypatch.setattr(KokoroSynthesizer, "speak", listen)
    flags = {
        "model": {"name": "mini", "n_threads": 1},
        "target": {"paths": [str(tmp_path / "clip.wav")]},
        "synth": {"lang": "e"},
        "rank": {"voices_path": str(tmp_path / "voices"), "n_finalists_min": 2},
        "walk": {"method": "gradient", "n_steps": 1},
        "gradient": {"n_lessons": 1, "first_lessons": 1},
        "held_out": {"n_seeds": 1, "has_judges": False},
        "out_dir": str(tmp_path / "out"),
    }
    found = run_search(merge_config("walk", flags, None), Events())

    texts = texts_of("e")
    assert {lang for lang, _ in said} == {"e"}
    wanted = {texts.target, texts.probe, texts.screening, *texts.all_held_out}
    assert {text for _, text in said} == wanted
    assert found.data["held_out"]["by_length"]
    with RunStore.open(tmp_path / "out") as store:
        kept = store.get(found.data["run"]).config
    assert kept["target"]["text"] == texts.target  # so that it goes on with them
    assert kept["target"]["probe_text"] == texts.probe
    assert kept["rank"]["screening_text"] == texts.screening
