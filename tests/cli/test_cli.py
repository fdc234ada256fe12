"""The commands: exit codes, JSON, one error line."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from kvoicewalk.app.results import Narrated
from kvoicewalk.cli.app import app
from kvoicewalk.models.mini import mini_voice_names
from kvoicewalk.reading.paragraphs import SENTENCE_S
from kvoicewalk.voices import N_ROWS, STYLE_DIM, load_voice

MINI = ("--model", "mini")
N_MINI = len(mini_voice_names())


@pytest.fixture
def kvw(tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, input=None):
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=input)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture(scope="module")
def clip(tmp_path_factory, example_target):
    """Four seconds of the example: enough to score, quick to embed."""
    samples, rate_hz = soundfile.read(example_target)
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, samples[: 4 * rate_hz], rate_hz)
    return path


def ok(outcome):
    code, stdout, stderr = outcome
    assert code == 0, stderr
    return stdout


def failed(outcome, *words, code=1):
    assert outcome[0] == code, outcome
    assert outcome[1] == ""
    assert outcome[2].startswith("Error: ")
    assert outcome[2].count("\n") == 1, outcome[2]
    for word in words:
        assert word in outcome[2]


def test_rank_then_score_then_speak_then_show(kvw, clip, tmp_path):
    ranked = json.loads(ok(kvw("rank", clip, *MINI, "--json", "--text", "My grandmother.")))
    assert set(ranked) >= {"run", "model", "target", "voices", "best"}
    assert ranked["model"].startswith("mini@")
    assert len(ranked["voices"]) == N_MINI
    scores = [voice["score"] for voice in ranked["voices"] if voice["score"] is not None]
    assert len(scores) == math.ceil(N_MINI / 5)
    assert scores == sorted(scores, reverse=True)
    best = ranked["best"]
    assert best["name"] == ranked["voices"][0]["name"]
    folder = tmp_path / "out" / ranked["run"]
    assert {p.name for p in folder.iterdir()} >= {
        *("best.pt", "best.wav", "best.kvw.json", "config.json")
    }
    assert json.loads((folder / "best.kvw.json").read_text())["model"] == ranked["model"]

    # No target, no model: both come from the latest run.
    scored = json.loads(ok(kvw("score", best["voice_path"], "--json")))
    assert scored["voices"][0]["score"] == pytest.approx(best["score"], abs=1e-9)
    assert scored["target"] == ranked["target"]

    # The sidecar names the model.
    spoken = json.loads(ok(kvw("speak", best["voice_path"], "Good morning.", "--json")))
    assert spoken["model"] == ranked["model"]
    assert soundfile.info(tmp_path / spoken["wav_path"]).samplerate == 24_000

    listed = json.loads(ok(kvw("runs", "list", "--json")))["runs"]
    assert [run["command"] for run in listed] == ["speak", "score", "rank"]
    assert all(run["status"] == "done" for run in listed)
    shown = json.loads(ok(kvw("runs", "show", ranked["run"][:20], "--json")))
    assert shown["result"]["best"]["name"] == best["name"]
    assert ranked["run"] in ok(kvw("runs", "list"))
    told = ok(kvw("runs", "show", ranked["run"]))
    assert best["name"] in told
    assert re.search(rf"best voice +{best['name']}", told)
    assert re.search(rf"score +{best['score']:.2f}", told)
    assert re.search(r"seed +0", told)

    # Its configuration runs it again, to the same numbers.
    again = json.loads(ok(kvw("rank", "--config", folder / "config.json", "--json")))
    assert again["voices"] == ranked["voices"]


def test_tables_go_to_stdout_and_the_rest_to_stderr(kvw, clip):
    code, stdout, stderr = kvw("rank", clip, *MINI, "--full")
    assert code == 0
    assert len(stdout.strip().splitlines()) == N_MINI + 1
    assert "screening" not in stdout
    assert "Best voice:" in stderr
    assert "steadier scores" in stderr  # the clip is short, and that is said
    code, stdout, stderr = kvw("rank", clip, *MINI, "--full", "--quiet")
    assert len(stdout.strip().splitlines()) == N_MINI + 1
    assert "Best voice" not in stderr


def test_classic_scoring(kvw, clip):
    scored = json.loads(
        ok(kvw("score", "am_garnet", "-t", clip, *MINI, "--scoring", "classic", "--json"))
    )
    assert scored["scoring"] == "classic"
    assert 0 < scored["voices"][0]["score"] < 100


def test_scores_are_ordered_and_same_names_told_apart(kvw, clip, tmp_path):
    ok(kvw("voices", "mix", "am_garnet:0.5,am_beech:0.5", "--save", tmp_path / "am_garnet.pt"))
    scored = json.loads(
        ok(kvw("score", "af_alder", "am_garnet", "am_garnet.pt", "-t", clip, "--json", *MINI))
    )
    names = [voice["name"] for voice in scored["voices"]]
    assert sorted(names) == ["af_alder", "am_garnet", "am_garnet.pt"]
    scores = [voice["score"] for voice in scored["voices"]]
    assert scores == sorted(scores, reverse=True)


def test_what_cannot_be_kept_or_read_is_refused_before_anything_loads(
    kvw, clip, tmp_path, monkeypatch
):
    monkeypatch.setattr("kvoicewalk.app.session._load", None)
    monkeypatch.setattr("kvoicewalk.app.session.open_synthesizer", None)
    (tmp_path / "file").write_text("no folder")
    for start in (("rank", clip), ("speak", "am_ash", "Hello.")):
        failed(kvw(*start, *MINI, "--out", "file/out"), "is no folder", "--out")
    failed(kvw("rank", "https://example.org/a.wav", *MINI), "is an address", "download")


def test_an_empty_text_is_refused_before_the_model_loads(kvw, monkeypatch):
    monkeypatch.setattr("kvoicewalk.app.session.open_synthesizer", None)
    failed(kvw("speak", "am_ash", "  ", *MINI), "text is empty")


def test_speak_reads_text_from_a_file_or_stdin(kvw, tmp_path):
    (tmp_path / "words.txt").write_text("Read this aloud.")
    ok(kvw("speak", "am_ash", "--text-file", "words.txt", "--wav", "a.wav", *MINI))
    ok(kvw("speak", "am_ash", "-", "--wav", "b.wav", *MINI, input="Read this aloud."))
    one, two = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    np.testing.assert_array_equal(one, two)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("by_stdin", [True, False])
def test_a_text_is_read_in_any_encoding(kvw, tmp_path, monkeypatch, mark, by_stdin):
    spoken = []

    def narrate(_config, _voice, text, *_):
        spoken.append(text)
        return Narrated(
            {"voice": "am_ash", "duration_s": 1.0, "resumed_s": 0.0, "wav_path": "a.wav"}
        )

    monkeypatch.setattr("kvoicewalk.app.narrate.narrate_run", narrate)

    def speak(data, *arguments):
        (tmp_path / "a.txt").write_bytes(data)
        if by_stdin:
            return kvw("speak", "am_ash", "-", *MINI, *arguments, input=data)
        return kvw("speak", "am_ash", "--text-file", "a.txt", *MINI, *arguments)

    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        _, _, told = outcome = speak(f"{mark}Café.".encode(encoding))
        ok(outcome)
        assert spoken.pop() == "Café."
        assert ("is not UTF-8" in told) is (not mark and encoding != "utf-8")
    _, _, told = outcome = speak("Café.".encode("cp1252"))
    ok(outcome)
    assert spoken.pop() == "Café."
    assert "read as cp1252" in told
    assert "--encoding" in told
    ok(speak("Café.".encode("cp850"), "--encoding", "cp850"))
    assert spoken.pop() == "Café."
    failed(speak(b"Hi", "--encoding", "none"), "--encoding none: no such encoding")
    failed(speak(b"%PDF-1.4"), "is a PDF, not a text")
    ok(speak(b"a " * 1_000_000))


def test_the_words_of_a_recording_may_be_no_book(kvw, tmp_path, clip):
    (tmp_path / "a.txt").write_bytes(b"a" * 1_000_001)
    failed(kvw("rank", clip, "--text-file", "a.txt", *MINI), "too large for a text", "1 MB")


def test_a_book_is_read_with_pauses_and_its_signs_are_not(kvw, tmp_path):
    (tmp_path / "book.md").write_text(
        "# One\n\nA *quiet* [link](https://example.org) 🎉.\n\n* * *\n\nThe 你好 end.",
        encoding="utf-8",
    )
    spoken = ("--text-file", "book.md", *MINI, "--save")
    code, _, stderr = kvw("speak", "am_ash", *spoken, "a.flac", "--pause", "1")
    assert code == 0, stderr
    assert "1 emoji left out" in stderr
    assert "'你好' left out: Chinese, not American English; speak it with --lang z or j" in stderr
    found = json.loads(ok(kvw("speak", "am_ash", *spoken, "b.flac", "--pause", "0", "--json")))
    assert (found["format"], found["resumed_s"]) == ("flac", 0)
    lengths = [soundfile.info(tmp_path / name).frames for name in ("a.flac", "b.flac")]
    # Around the heading 2 s, at the scene break 3 s; never less than between two sentences.
    assert lengths[0] - lengths[1] == pytest.approx((5 - 2 * SENTENCE_S) * 24_000, abs=2)
    assert lengths[1] == pytest.approx(24_000 * found["duration_s"])


def test_a_text_in_another_script_says_who_speaks_it(kvw, monkeypatch):
    monkeypatch.setattr("kvoicewalk.app.session.open_synthesizer", None)
    failed(
        kvw("speak", "am_ash", "你好，世界。", *MINI), "it is Chinese; speak it with --lang z or j"
    )


def test_the_format_of_a_run_folders_file(kvw, tmp_path):
    spoken = json.loads(ok(kvw("speak", "am_ash", "Hi.", *MINI, "--format", "MP3", "--json")))
    folder = tmp_path / "out" / spoken["run"]
    assert Path(tmp_path / spoken["wav_path"]) == folder / "speech.mp3"
    assert (folder / "text.txt").read_text() == "Hi."
    assert {one.name for one in folder.iterdir()} == {
        *("config.json", "run.lock", "speech.mp3", "text.txt")
    }
    assert json.loads((folder / "config.json").read_text())["synth"]["lang"] == "a"


def test_a_recording_is_no_voice(kvw, clip, tmp_path):
    (tmp_path / "rec.wav").write_bytes(clip.read_bytes())
    (tmp_path / "rec.pt").write_bytes(clip.read_bytes())
    for name in ("rec.wav", clip, "rec.pt", "am_ash:1,rec.wav:2"):
        for command in (
            ("score", "am_ash", name),
            ("speak", name, "Hi."),
            ("voices", "info", name),
            ("walk", clip, "--start", name),
        ):
            failed(kvw(*command, *MINI), "is a recording, not a voice", "-t ")


def test_a_files_name_as_text_is_noted(kvw, tmp_path):
    (tmp_path / "book.txt").write_text("Chapter one.")
    arguments = ("--wav", "a.wav", *MINI, "-q")
    code, _, stderr = kvw("speak", "am_ash", "book.txt", *arguments)
    assert code == 0
    assert "--text-file book.txt" in stderr
    assert "--text-file" not in kvw("speak", "am_ash", "a" * 300, *arguments)[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("speak", "am_ash", "-5 degrees outside."),
        ("speak", "am_ash", "- Hello, said he."),
        ("speak", "am_ash", "--5 degrees"),
        ("rank", "-dash.wav"),
    ],
)
def test_a_text_that_begins_with_a_dash_gets_a_hint(kvw, arguments):
    code, _, stderr = kvw(*arguments)
    assert code == 2
    assert f'needs -- before it: -- "{arguments[-1]}"' in " ".join(stderr.split())


def test_an_unknown_option_gets_no_hint_at_dashes(kvw):
    assert "before it" not in kvw("rank", "a.wav", "--nonsense")[2]


def test_case_of_letters_and_models_does_not_count(kvw):
    spoken = json.loads(
        ok(
            kvw(
                "speak",
                "am_ash",
                "Hi.",
                "--lang",
                "B",
                "--model",
                "Mini",
                "--wav",
                "a.wav",
                "--json",
            )
        )
    )
    assert (spoken["lang"], spoken["model"].partition("@")[0]) == ("b", "mini")


def test_the_hash_of_a_voice_is_on_one_line(kvw):
    assert re.search(r"^hash +[0-9a-f]{64}$", ok(kvw("voices", "info", "am_ash")), re.MULTILINE)


def test_help_says_where_a_walk_starts(kvw):
    told = " ".join(ok(kvw("walk", "--help")).split())
    assert "[default: the latest run's best voice; with TARGET the closest stock voice, or" in told


def test_a_stock_name_of_mini_needs_no_model(kvw):
    spoken = json.loads(ok(kvw("speak", "am_ash", "Hello.", "--wav", "a.wav", "--json")))
    assert spoken["model"].startswith("mini@")


def test_a_voice_of_another_model_is_refused(kvw, tmp_path):
    ok(kvw("voices", "mix", "am_ash,am_beech", "--save", "v.pt"))
    (tmp_path / "v.kvw.json").write_text(json.dumps({"model": "kokoro@abc"}))
    failed(kvw("speak", "v.pt", "Hi.", *MINI, "-q"), "found with kokoro@abc", "--model")
    (tmp_path / "v.kvw.json").write_text("[")
    failed(kvw("speak", "v.pt", "Hi.", *MINI, "-q"), "sidecar")
    (tmp_path / "v.kvw.json").write_text("[1]")
    failed(kvw("speak", "v.pt", "Hi.", *MINI, "-q"), "sidecar")


def test_a_mix_speaks_with_the_model_of_its_parts(kvw, tmp_path):
    ok(kvw("voices", "mix", "am_ash,am_beech", "--save", "v.pt"))
    spoken = json.loads(ok(kvw("speak", "v.pt", "Hi.", "--wav", "a.wav", "--json")))
    assert spoken["model"].startswith("mini@")
    again = json.loads(ok(kvw("speak", "./v.pt:1,am_ash:1", "Hi.", "--wav", "b.wav", "--json")))
    assert again["model"] == spoken["model"]
    (tmp_path / "w.pt").write_bytes((tmp_path / "v.pt").read_bytes())
    (tmp_path / "w.kvw.json").write_text('{"model": "kokoro"}')
    failed(kvw("speak", "v.pt,w.pt", "Hi."), "kokoro and mini")


def test_a_folder_model_is_found_again_or_asked_for(kvw, tmp_path):
    ok(kvw("voices", "mix", "am_ash,am_beech", "--save", "v.pt"))
    (tmp_path / "v.kvw.json").write_text('{"model": "mine@0123", "model_source": "/no/such/mine"}')
    failed(kvw("speak", "v.pt", "Hi."), "mine@0123", "--model")
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "v.kvw.json").write_text(
        json.dumps({"model": "mine@0123", "model_source": str(folder)})
    )
    failed(kvw("speak", "v.pt", "Hi."), str(folder), "config.json")


def test_a_folder_may_be_called_like_the_hubs_model(kvw, tmp_path):
    ok(kvw("voices", "mix", "am_ash,am_beech", "--save", "v.pt"))
    folder = tmp_path / "kokoro"
    folder.mkdir()
    (tmp_path / "v.kvw.json").write_text(
        json.dumps({"model": "kokoro@0123", "model_source": str(folder)})
    )
    failed(kvw("speak", "v.pt", "Hi."), str(folder), "config.json")


def test_the_language_of_a_voice_comes_with_it(kvw, tmp_path):
    ok(kvw("voices", "mix", "am_ash,am_beech", "--save", "v.pt"))
    sidecar = json.loads((tmp_path / "v.kvw.json").read_text())
    (tmp_path / "v.kvw.json").write_text(json.dumps({**sidecar, "lang": "e"}))
    spoken = json.loads(ok(kvw("speak", "v.pt", "Hola.", "--wav", "a.wav", "--json")))
    assert spoken["lang"] == "e"


def test_a_sidecar_takes_no_other_files_place(kvw, tmp_path):
    (tmp_path / "package.json").write_text('{"precious": 1}')
    ok(kvw("voices", "mix", "am_ash", "--save", "package.pt"))
    assert json.loads((tmp_path / "package.json").read_text()) == {"precious": 1}
    (tmp_path / "other.kvw.json").write_text('{"precious": 1}')
    failed(kvw("voices", "mix", "am_ash", "--save", "other.pt"), "choose another name")
    assert not (tmp_path / "other.pt").exists()


def test_a_mix_replaces_a_file_only_when_told_to(kvw, tmp_path):
    (tmp_path / "mine.pt").write_text("mine")
    mix = ("voices", "mix", "am_ash,am_beech", "--save", "mine.pt")
    failed(kvw(*mix), "mine.pt is there already", "--force")
    assert (tmp_path / "mine.pt").read_text() == "mine"
    ok(kvw(*mix, "--force"))
    assert load_voice(tmp_path / "mine.pt").name == "mine"


@pytest.mark.parametrize("name", ["a:smile:.wav", "[red]x.wav", "d" * 200 + ".wav", "ü 录音.wav"])
def test_paths_are_printed_as_they_are(kvw, tmp_path, name):
    assert ok(kvw("speak", "am_ash", "Hi.", "--wav", name)) == name + "\n"
    assert (
        json.loads(ok(kvw("speak", "am_ash", "Hi.", "--wav", name, "--json")))["wav_path"] == name
    )
    assert (tmp_path / name).is_file()


def test_a_run_can_be_gone_on_from_elsewhere(kvw, clip, tmp_path, monkeypatch):
    (tmp_path / "clip.wav").write_bytes(clip.read_bytes())
    ok(kvw("rank", "clip.wav", *MINI, "-q"))
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    scored = json.loads(ok(kvw("score", "am_ash", "am_ash", "--out", "../out", "--json")))
    assert scored["target"] == "clip.wav"
    assert [voice["name"] for voice in scored["voices"]] == ["am_ash"]


def test_ctrl_c_while_the_best_is_saved_shows_the_ranking(kvw, clip, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("kvoicewalk.app.rank._save_best", interrupted)
    code, stdout, stderr = kvw("rank", clip, *MINI)
    assert code == 130
    assert "interrupted" in stderr
    assert len(stdout.strip().splitlines()) == N_MINI + 1
    runs = json.loads(ok(kvw("runs", "list", "--json")))["runs"]
    assert runs[0]["status"] == "interrupted"


def test_voices_list_info_mix(kvw, tmp_path):
    names = [v["name"] for v in json.loads(ok(kvw("voices", "list", *MINI, "--json")))["voices"]]
    assert len(names) == N_MINI
    assert "American English" in ok(kvw("voices", "list", *MINI))
    ok(kvw("voices", "mix", "am_ash:3,am_beech:1", "--save", "v.pt", "--json"))
    mixed = load_voice(tmp_path / "v.pt").rows
    parts = json.loads(ok(kvw("voices", "info", "v.pt", "--json")))
    assert parts["shape"] == [N_ROWS, 1, STYLE_DIM]
    assert parts["sidecar"]["recipe"] == "am_ash:3,am_beech:1"
    assert parts["norm_first_row"] == pytest.approx(float(np.linalg.norm(mixed[0])), rel=1e-6)
    assert "am_ash" in ok(kvw("voices", "info", "am_ash"))
    ok(kvw("voices", "list", "--voices", "v.pt"))


def test_doctor(kvw, clip, tmp_path):
    found = json.loads(ok(kvw("doctor", clip, "--json")))["findings"]
    by_name = {finding["what"]: finding for finding in found}
    assert by_name["model mini"]["grade"] == "ok"
    assert by_name["clip.wav"]["grade"] == "note"
    assert by_name["clip.wav"]["speech_s"] > 2
    (tmp_path / "bad.wav").write_text("no sound")
    code, stdout, _ = kvw("doctor", "bad.wav")
    assert code == 1
    assert "bad.wav" in stdout


@pytest.mark.parametrize("check", ["_environment", "_device", "_mini", "_kokoro", "_phonemes"])
@pytest.mark.parametrize(
    "error",
    [
        OSError("x.so: failed to map segment from shared object"),
        ImportError("broken"),
        SystemExit(3),
    ],
)
def test_doctor_ends_with_its_table_whatever_fails(kvw, monkeypatch, check, error):
    def broken():
        raise error

    monkeypatch.setattr(f"kvoicewalk.cli.doctor.{check}", broken)
    code, stdout, stderr = kvw("doctor", "--json")
    assert (code, stderr) == (1, "")
    findings = json.loads(stdout)["findings"]
    assert [one["grade"] for one in findings].count("bad") == 1
    assert len(findings) >= 4


def test_doctor_says_a_stop_once(kvw):
    assert ".." not in " ".join(ok(kvw("doctor")).split())


def test_demo(kvw, tmp_path):
    code, stdout, stderr = kvw("demo")
    assert code == 0, stderr
    rows = stdout.strip().splitlines()
    assert len(rows) == N_MINI + 1
    assert "Run folder:" in stderr
    assert next((tmp_path / "out").glob("*-rank-*/demo.wav")).stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rank", "none.wav", *MINI, "-q"), ("none.wav", "not there")),
        (("rank", ".", *MINI, "-q"), ("folder",)),
        (("score", "am_ash"), ("no target was given", "kvw rank")),
        (("speak", "am_ash"), ("say what to speak",)),
        (("speak", "am_ash", ""), ("empty",)),
        (("speak", "am_asg", "Hi.", *MINI), ("am_asg", "Did you mean am_ash")),
        (("speak", "none.pt", "Hi.", *MINI), ("none.pt",)),
        (("speak", "am_ash", "Hi.", "--text-file", "x"), ("give one of them",)),
        (("speak", "am_ash", "こんにちは", *MINI, "-q"), ("is Japanese", "--lang j")),
        (("speak", "am_ash", "Hi.", "--wav", "no/such/a.wav"), ("no folder no/such",)),
        (("speak", "am_ash", "Hi.", "--wav", "a.m4a"), ("choose one of .wav, .flac, .mp3",)),
        (("speak", "am_ash", "Hi.", "--save", "/"), ("no ending",)),
        (("speak", "am_ash", "Hi.", "--save", "a.mp3", "--format", "wav"), ("is another",)),
        (("speak", "/", "Hi.", *MINI), ("is a folder",)),
        (("speak", "./", "Hi.", *MINI), ("is a folder",)),
        (("voices", "mix", "am_ash", "--save", "no/such/x.pt"), ("cannot be written",)),
        (("voices", "mix", "am_ash,other.pt", "--save", "x.pt"), ("other.pt",)),
        (("speak", "am_ash", "Hi.", "--model", "nowhere"), ("no such folder",)),
        (("voices", "mix", "am_ash:x", "--save", "v.pt"), ("no part of a mix",)),
        (("voices", "mix", "am_ash,am_beech", "--save", "v.wav"), (".pt",)),
        (("voices", "list", "--voices", "nowhere"), ("is not there",)),
        (("runs", "show"), ("no runs yet",)),
        (("rank", "a.wav", "--config", "none.json"), ("none.json",)),
    ],
)
def test_one_line_and_exit_code_1(kvw, arguments, words):
    failed(kvw(*arguments), *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank",),
        ("rank", "--sed", "1"),
        ("voices", "mix", "a"),
        ("nonsense",),
        ("speak", "am_ash", "Hi.", "--device", "tpu"),
        ("speak", "am_ash", "Hi.", "--lang", "q"),
        ("speak", "am_ash", "Hi.", "--seed", "99999999999"),
        ("speak", "am_ash", "Hi.", "--speed", "9"),
        ("speak", "am_ash", "Hi.", "--pause", "-1"),
        ("speak", "am_ash", "Hi.", "--format", "aac"),
        ("rank", "a.wav", "--scoring", "best"),
    ],
)
def test_wrong_usage_is_exit_code_2(kvw, arguments):
    assert kvw(*arguments)[0] == 2


def test_runs_list_of_nothing(kvw):
    code, stdout, stderr = kvw("runs", "list")
    assert (code, stdout) == (0, "")
    assert "no runs yet" in stderr


def test_hostile_voice_files(kvw, tmp_path):
    torch.save(torch.full((N_ROWS, 1, STYLE_DIM), float("nan")), tmp_path / "nan.pt")
    (tmp_path / "text.pt").write_text("not a voice")
    (tmp_path / "dir.pt").mkdir()
    for name in ("nan.pt", "text.pt", "dir.pt"):
        failed(kvw("speak", name, "Hi.", *MINI), name)


def test_an_unexpected_error_is_one_line_too(kvw, monkeypatch):
    def broken(*_args, **_options):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("kvoicewalk.cli.speak.read_text", broken)
    failed(kvw("speak", "am_ash", "Hi."), "internal error", "ZeroDivisionError", "KVW_DEBUG=1")
    monkeypatch.setenv("KVW_DEBUG", "1")
    assert "Traceback" in kvw("speak", "am_ash", "Hi.")[2]


def test_version(kvw):
    assert ok(kvw("--version")).startswith("kvw 0.")
