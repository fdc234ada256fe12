"""`kvw doctor`: made recordings, the right diagnosis for each, and no crash."""

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from kvoicewalk.app.method import are_words_known
from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, resample
from kvoicewalk.cli.app import app
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.texts import texts_of

N_10_S = 10 * SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def speakers(mini_model):
    """Two voices of the embedded model, about 24 s of each."""
    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    text = texts_of().held_out[400][0]
    return [
        synthesizer.speak(text, mini_model.voices.load(name), seed=0).samples
        for name in ("af_ivory", "am_chert")
    ]


@pytest.fixture
def doctor(tmp_path, monkeypatch):
    """Writes recordings and examines them; returns exit code and findings by name."""
    monkeypatch.chdir(tmp_path)

    def run(*recordings, rate_hz=SAMPLE_RATE_HZ, name="a.wav", **options):
        paths = []
        for i, samples in enumerate(recordings):
            paths.append(name if i == 0 else f"{i}-{name}")
            soundfile.write(paths[-1], samples, rate_hz, **options)
        result = CliRunner().invoke(app, ["doctor", *paths, "--json"])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        findings = json.loads(result.stdout)["findings"]
        return result.exit_code, {one["what"]: one for one in findings}

    return run


def faults(finding):
    return {one["what"]: one["grade"] for one in finding["measures"] if one["grade"] != "ok"}


def diagnosed(outcome, expected, code, name="a.wav"):
    exit_code, findings = outcome
    finding = findings[name]
    assert faults(finding) == expected
    assert exit_code == code
    assert len(finding["warnings"]) == len(expected)
    return finding


def refused(outcome, words, name="a.wav"):
    exit_code, findings = outcome
    assert exit_code == 1
    assert findings[name]["grade"] == "bad"
    assert words in findings[name]["found"]


def test_clean_speech(doctor, speakers):
    code, findings = doctor(speakers[0])
    finding = findings["a.wav"]
    assert (code, finding["grade"], finding["part"], finding["warnings"]) == (0, "ok", None, [])
    assert finding["speech_s"] <= finding["duration_s"] == pytest.approx(speakers[0].size / 24_000)
    assert finding["figures"]["snr_db"] > 20
    assert 0.9 < findings["ceiling"]["ceiling"] <= 1


def test_silence(doctor):
    refused(doctor(np.zeros(N_10_S)), "silent")


def test_one_second(doctor, speakers):
    refused(doctor(speakers[0][:SAMPLE_RATE_HZ]), "at least 1.6 s are needed")


def test_nan(doctor, speakers):
    spoiled = speakers[0][:N_10_S].copy()
    spoiled[1000] = np.nan
    refused(doctor(spoiled, subtype="FLOAT"), "NaN")


def test_clipping(doctor, speakers):
    loud = speakers[0][: 2 * N_10_S]
    diagnosed(doctor(np.clip(loud / np.abs(loud).max() * 6, -1, 1)), {"clipping": "bad"}, 1)


def test_a_telephones_band(doctor, speakers):
    narrow = resample(speakers[0], SAMPLE_RATE_HZ, 8_000)
    diagnosed(doctor(narrow, rate_hz=8_000), {"band": "bad"}, 1)


def test_two_speakers(doctor, speakers):
    joined = np.concatenate([samples[:N_10_S] for samples in speakers])
    diagnosed(doctor(joined), {"voices": "bad"}, 1)


def test_music(doctor):
    t = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    bars = [
        sum(
            np.sin(2 * np.pi * root * third * k * t) / k
            for third in (1, 1.26, 1.5)
            for k in (1, 2, 3)
        )
        for root in (220.0, 294.0, 330.0, 220.0)
    ]
    code, findings = doctor(np.concatenate(bars * 3) * 0.05)
    assert code == 1
    assert faults(findings["a.wav"])["music"] == "bad"


def test_ten_minutes(doctor, speakers):
    code, findings = doctor(np.resize(speakers[0], 600 * SAMPLE_RATE_HZ))
    finding = findings["a.wav"]
    assert (code, finding["grade"]) == (0, "ok")
    assert finding["duration_s"] == pytest.approx(600)
    assert 20 <= finding["part"]["duration_s"] <= 30
    assert finding["figures"]["duration_s"] == finding["part"]["duration_s"]
    assert "used are the best" in finding["measures"][0]["found"]


def test_an_offset(doctor, speakers):
    finding = diagnosed(doctor(speakers[0] * 0.5 + 0.1), {}, 0)
    assert finding["figures"]["offset"] == pytest.approx(0.1, abs=0.01)
    assert any("offset of 0.1" in one["found"] for one in finding["measures"])


def test_a_dead_channel(doctor, speakers):
    stereo = np.stack((np.zeros_like(speakers[0]), speakers[0]), axis=1)
    finding = diagnosed(doctor(stereo), {"channels": "note"}, 0)
    _, alone = doctor(speakers[0])
    level = alone["a.wav"]["figures"]["level_dbfs"]
    assert finding["figures"]["level_dbfs"] == pytest.approx(level, abs=0.01)


def test_very_quiet(doctor, speakers):
    diagnosed(doctor(speakers[0] * 0.004), {"level": "note"}, 0)


def test_96_khz(doctor, speakers):
    high = resample(speakers[0], SAMPLE_RATE_HZ, 96_000)
    diagnosed(doctor(high, rate_hz=96_000), {}, 0)


def test_mp3(doctor, speakers):
    diagnosed(doctor(speakers[0], name="a.mp3"), {}, 0, "a.mp3")


def test_a_clip_of_somebody_else(doctor, speakers):
    her, him = speakers
    n = N_10_S
    code, findings = doctor(her[:n], her[n : 2 * n], him[:n])
    together = findings["all clips"]
    assert code == 1
    assert len(together["clip_likenesses"]) == 3
    clips = [one for one in together["measures"] if one["what"] == "clips"]
    assert [one["grade"] for one in clips][2] == "bad"
    assert "Leave it out" in clips[2]["advice"]
    assert together["ceiling"] == pytest.approx(np.mean(together["clip_likenesses"]))


def test_a_bad_file_among_good_ones(doctor, speakers):
    code, findings = doctor(speakers[0][:N_10_S], np.zeros(N_10_S))
    assert (code, findings["a.wav"]["grade"], findings["1-a.wav"]["grade"]) == (1, "ok", "bad")
    assert findings["ceiling"]["grade"] == "ok"


def test_people_read_what_to_do(tmp_path, speakers):
    path = tmp_path / "short.wav"
    soundfile.write(path, speakers[0][: 5 * SAMPLE_RATE_HZ], SAMPLE_RATE_HZ)
    shown = CliRunner().invoke(app, ["doctor", str(path)]).stdout
    assert "note  short.wav" in shown
    assert "add clips of the same" in " ".join(shown.split())


def test_rank_says_which_part_it_uses(tmp_path, monkeypatch, speakers):
    monkeypatch.chdir(tmp_path)
    soundfile.write("long.wav", np.concatenate((speakers[0], speakers[0])), SAMPLE_RATE_HZ)
    arguments = ("rank", "long.wav", "--model", "mini", "--text", "My grandmother.", "--json")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert "long.wav: using the best" in result.stderr


def test_the_words_of_a_part_are_not_known():
    whole, part = (Utterance(np.zeros(1, np.float32), SAMPLE_RATE_HZ, text) for text in ("Hi.", ""))
    assert are_words_known([whole])
    assert not are_words_known([part])
    assert not are_words_known([whole, whole])


def test_a_voice_is_examined_beside_recordings(doctor, speakers, tmp_path, monkeypatch):
    from kvoicewalk.bundle import bundled_dir

    monkeypatch.setenv("KVW_MODEL", "mini")
    (tmp_path / "mine.pt").write_bytes((bundled_dir("voices") / "af_beryl.pt").read_bytes())
    result = CliRunner().invoke(app, ["doctor", "mine.pt", "--json"])
    found = {one["what"]: one for one in json.loads(result.stdout)["findings"]}
    assert (result.exit_code, found["mine.pt"]["grade"]) == (0, "ok")
    assert [one["what"] for one in found["mine.pt"]["measures"]] == ["distance"]
    assert "ceiling" not in found
    assert "phonemes, Japanese" in found


@pytest.mark.parametrize("command", ["doctor", "clone"])
def test_a_text_to_read_aloud_is_printed(command):
    result = CliRunner().invoke(app, [command, "--print-script", "es"])
    assert (result.exit_code, result.stdout) == (0, "\n\n".join(texts_of("e").script) + "\n")
    refused = CliRunner().invoke(app, [command, "--print-script", "tlh"])
    assert (refused.exit_code, "e (Spanish)" in refused.stderr) == (2, True)
