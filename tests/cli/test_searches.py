"""interpolate, walk and resume: four commands in a row, files, JSON lines, exact resumption."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kvoicewalk import held_out, judges, loss
from kvoicewalk.app import interpolate, search_run, session, walk
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.errors import AudioError
from kvoicewalk.judges import words
from kvoicewalk.store import RunStore
from kvoicewalk.store.records import check_file_name
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import load_voice
from tests.cli.test_cli import failed, kvw, ok  # noqa: F401  (kvw is a fixture)
from tests.cli.test_process import KVW, environment

VOICES = ("af_beryl", "af_ivory", "am_garnet")


@pytest.fixture(scope="module")
def clip(tmp_path_factory, example_target):
    samples, rate_hz = soundfile.read(example_target)
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, samples[: 4 * rate_hz], rate_hz)
    return path


@pytest.fixture(scope="module")
def settings(tmp_path_factory, clip):
    """A config with short texts and three voices, so that a step takes a moment."""
    folder = tmp_path_factory.mktemp("settings")
    for name in VOICES:
        shutil.copy(bundled_dir("voices") / f"{name}.pt", folder)
    path = folder / "config.json"
    config = {
        "model": {"name": "mini", "n_threads": 1},
        "target": {
            "paths": [str(clip)],
            "text": "My grandmother kept bees.",
            "probe_text": "Good morning to everyone here.",
        },
        "rank": {"voices_path": str(folder), "is_full": True},
        "held_out": {"is_wanted": False},
        "interpolate": {"n_fine_pairs": 2, "step": 0.25},
        "walk": {"method": "random", "n_steps": 12},
        "gradient": {"n_lessons": 2, "n_steps": 6, "patience": 3},
        "cma": {"n_candidates": 4},
    }
    path.write_text(json.dumps(config))
    return path


def lines(stdout):
    return [json.loads(line) for line in stdout.splitlines()]


def steps_of(out_dir, run_id):
    with RunStore.open(out_dir) as store:
        return [row.payload for row in store.rows(run_id, "step")]


@pytest.mark.slow
def test_four_commands_in_a_row(kvw, settings, tmp_path):  # noqa: F811
    ranked = json.loads(ok(kvw("rank", "--config", settings, "--json")))

    # Neither target nor model: both come from the run before, as do the texts and the voices.
    swept = lines(ok(kvw("interpolate", "--json", "--no-held-out")))
    done = swept[-1]
    assert done["event"] == "done"
    assert (done["model"], done["target"]) == (ranked["model"], ranked["target"])
    assert done["held_out"] is None
    assert done["best"]["score"] >= ranked["best"]["score"]
    assert [line["event"] for line in swept[:-1]].count("stage") == 1
    kept = done["population"]
    assert len(kept) == len(VOICES)
    assert all(load_voice(tmp_path / entry["voice_path"]) for entry in kept)
    assert done["floor"] == ranked["best"]["name"]

    walked = lines(ok(kvw("walk", "--start", done["best"]["voice_path"], "--steps", 8, "--json")))
    last = walked[-1]
    assert last["event"] == "done"
    assert last["step"] == 8 == sum(last[f"n_{o}"] for o in ("accepted", "rejected", "gated"))
    assert last["population_names"] == [entry["voice_path"] for entry in kept]
    assert last["best"]["score"] >= done["best"]["score"] - 1e-9
    improvements = [line for line in walked if line["event"] == "improvement"]
    assert len(improvements) == last["n_accepted"]
    assert len(last["held_out"]["by_length"]) == 5
    assert last["held_out"]["floor"] < last["held_out"]["ceiling"] <= 1

    spoken = json.loads(ok(kvw("speak", last["best"]["voice_path"], "Good night.", "--json")))
    assert spoken["model"] == ranked["model"]


def test_a_run_keeps_its_best_voice_and_some_improvements(kvw, settings, tmp_path):  # noqa: F811
    walked = lines(ok(kvw("walk", "--config", settings, "--steps", 40, "--keep", 2, "--json")))
    last = walked[-1]
    assert last["n_accepted"] > 2
    folder = tmp_path / "out" / last["run"]
    improvements = [line for line in walked if line["event"] == "improvement"]
    names = [f"step-{line['step']:06d}" for line in improvements][-2:]
    found = sorted(path.name for path in (folder / "voices").iterdir())
    assert found == sorted(f"{n}{end}" for n in names for end in (".kvw.json", ".pt", ".wav"))
    best = load_voice(folder / "best.pt")
    assert best == load_voice(folder / "voices" / f"{names[-1]}.pt")
    scored = json.loads(ok(kvw("score", folder / "best.pt", "--config", settings, "--json")))
    assert scored["voices"][0]["score"] == pytest.approx(last["score"], abs=1e-9)
    sidecar = json.loads((folder / "best.kvw.json").read_text())
    assert sidecar["score"] == last["score"]
    assert sidecar["recipe"].startswith(f"step {improvements[-1]['step']} ")


def test_its_own_config_runs_it_again(kvw, settings, tmp_path):  # noqa: F811
    first = lines(ok(kvw("walk", "--config", settings, "--steps", 5, "--json")))[-1]
    config = tmp_path / "out" / first["run"] / "config.json"
    again = lines(ok(kvw("walk", "--config", config, "--json")))[-1]
    assert again["run"] != first["run"]
    assert steps_of(tmp_path / "out", again["run"]) == steps_of(tmp_path / "out", first["run"])


def n_heard(done):
    """Counts what was measured over all parts of a run, anew or from the cache."""
    return done["timing"]["n_spoken"] + done["timing"]["n_remembered"]


@pytest.mark.parametrize(
    "command", ["walk", "interpolate", "walk gradient", "walk cma", "walk auto"]
)
def test_ctrl_c_then_resume_is_as_if_never_stopped(
    kvw, settings, tmp_path, monkeypatch, command  # noqa: F811
):  # fmt: skip
    command, *method = command.split()
    if method:
        config = json.loads(settings.read_text())
        config["walk"]["method"] = method[0]
        settings = tmp_path / "method.json"
        settings.write_text(json.dumps(config))
    whole = lines(ok(kvw(command, "--config", settings, "--json")))[-1]
    cut_off(kvw, monkeypatch, command, settings)
    resumed = lines(ok(kvw("runs", "resume", "--json")))[-1]
    assert resumed["run"] != whole["run"]
    for key in ("step", "score", "n_accepted", "n_rejected", "n_gated"):
        assert resumed[key] == whole[key]
    if command == "walk":  # what a resumed sweep heard before is remembered, not spoken
        assert n_heard(resumed) >= n_heard(whole)
    out = tmp_path / "out"
    assert steps_of(out, resumed["run"]) == steps_of(out, whole["run"])
    best, expected = (load_voice(out / run["run"] / "best.pt") for run in (resumed, whole))
    assert best == expected


def test_resume_of_a_cma_walk_that_an_earlier_version_cut_off(
    kvw, settings, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    """Its state held every score so far."""
    config = json.loads(settings.read_text())
    config["walk"]["method"] = "cma"
    settings = tmp_path / "cma.json"
    settings.write_text(json.dumps(config))
    out = tmp_path / "out"
    whole = lines(ok(kvw("walk", "--config", settings, "--json")))[-1]
    run = cut_off(kvw, monkeypatch, "walk", settings, 6)
    with contextlib.closing(sqlite3.connect(out / "kvw.sqlite3")) as connection, connection:
        where = "WHERE run_id = ? AND kind = 'state'"
        (text,) = connection.execute(f"SELECT payload FROM rows {where}", (run.run_id,)).fetchone()
        state = json.loads(text)
        state["optimizer"]["told"] = [step["score"] for step in steps_of(out, run.run_id)]
        old = json.dumps(state)
        connection.execute(f"UPDATE rows SET payload = ? {where}", (old, run.run_id))
    resumed = lines(ok(kvw("runs", "resume", "--json")))[-1]
    assert resumed["score"] == whole["score"]
    assert steps_of(out, run.run_id) == steps_of(out, whole["run"])


@pytest.mark.slow
def test_clone_is_the_whole_way(kvw, settings, tmp_path):  # noqa: F811
    clip = json.loads(settings.read_text())["target"]["paths"][0]
    found = lines(
        ok(kvw("clone", clip, "--config", settings, "--method", "auto", "--minutes", "0.3",
               "--steps", "4", "--held-out", "--json"))
    )  # fmt: skip
    stages = [line["stage"] for line in found if line["event"] == "stage"]
    assert stages == ["rank", "clone", "held_out"]
    done = found[-1]
    assert (done["event"], done["status"]) == ("done", "done")
    assert 1 <= done["step"] <= 4
    assert done["n_accepted"] > 0
    assert done["held_out"]["target_similarity"] > done["held_out"]["floor"]
    sidecar = json.loads((tmp_path / "out" / done["run"] / "best.kvw.json").read_text())
    assert sidecar["method"] == "clone"
    assert "method auto, params shared" in sidecar["recipe"]
    with RunStore.open(tmp_path / "out") as store:
        plan = store.planned(done["run"], "time")
    # Ranking is spent and judging is still to come: the search has less than all of it.
    assert 0 < plan["search_s"] < 18
    assert plan["judging_s"] > 0
    # A walk without a target goes on from what was found.
    walked = lines(ok(kvw("walk", "--steps", 1, "--method", "random", "--json")))[-1]
    assert walked["score"] >= done["score"] - 1e-9


def test_classic_takes_no_gradient(kvw, settings):  # noqa: F811
    outcome = kvw("walk", "--config", settings, "--params", "classic", "--method", "gradient")
    failed(outcome, "random")


@pytest.mark.slow
def test_kill_9_then_resume_is_as_if_never_stopped(kvw, settings, tmp_path):  # noqa: F811
    config = json.loads(settings.read_text())
    config["target"]["text"] = texts_of().target  # long enough for glances
    config["walk"]["n_steps"] = 20
    settings = tmp_path / "long.json"
    settings.write_text(json.dumps(config))
    whole = lines(ok(kvw("walk", "--config", settings, "--json")))[-1]
    process = subprocess.Popen(
        [KVW, "walk", "--config", str(settings), "--json"],
        cwd=tmp_path, env=environment(tmp_path), text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    for line in process.stdout:
        if json.loads(line)["event"] == "improvement":
            break
    process.kill()
    process.wait()
    process.stdout.close()
    resumed = lines(ok(kvw("runs", "resume", "--json")))[-1]
    assert resumed["n_gated"] > 0 < resumed["n_accepted"]
    out = tmp_path / "out"
    assert steps_of(out, resumed["run"]) == steps_of(out, whole["run"])
    best, expected = (load_voice(out / run["run"] / "best.pt") for run in (resumed, whole))
    assert best == expected


def test_classic_means_the_original(kvw, settings, tmp_path):  # noqa: F811
    ok(kvw("walk", "--config", settings, "--params", "classic", "--steps", 1, "--quiet"))
    (path,) = (tmp_path / "out").glob("*/config.json")
    walk = json.loads(path.read_text())["walk"]
    assert (walk["n_seeds"], walk["is_adaptive"], walk["noise_margin"]) == (1, False, 0.0)


@pytest.mark.slow
def test_tables_and_plain_lines(kvw, settings):  # noqa: F811
    code, stdout, stderr = kvw("walk", "--config", settings, "--steps", 3, "--held-out")
    assert code == 0
    assert "best" in stdout
    assert "400 ph." in stdout
    assert "walking start" in stderr
    assert "kvw speak" in stderr


def test_minutes_end_it(kvw, settings):  # noqa: F811
    config = json.loads(settings.read_text())
    del config["walk"]["n_steps"]
    path = settings.with_name("minutes.json")
    path.write_text(json.dumps(config))
    last = lines(ok(kvw("walk", "--config", path, "--minutes", "0.01", "--json")))[-1]
    assert 1 <= last["step"] < 300
    # At the latest half a step before the end no other step is begun.
    assert last["timing"]["used_s"] * (1 + 0.5 / last["step"]) >= 0.6 - 0.001


def test_one_line_and_exit_code_1(kvw, settings, clip, tmp_path):  # noqa: F811
    failed(kvw("walk"), "no target", "kvw rank")
    failed(kvw("runs", "resume"), "no run that was cut off")
    failed(kvw("walk", "--config", settings, "--params", "classic", "--only", "timbre"), "--only")
    failed(kvw("walk", clip, "--start", "nothere.pt", "--model", "mini"), "nothere.pt")
    done = lines(ok(kvw("walk", "--config", settings, "--steps", 1, "--json")))[-1]
    failed(kvw("runs", "resume", done["run"]), "finished")


def test_another_recording_cannot_take_over_a_run(kvw, settings, tmp_path):  # noqa: F811
    config = json.loads(settings.read_text())
    own_clip = tmp_path / "own.wav"
    shutil.copy(config["target"]["paths"][0], own_clip)
    config["target"]["paths"] = [str(own_clip)]
    path = settings.with_name("own.json")
    path.write_text(json.dumps(config))
    ok(kvw("walk", "--config", path, "--steps", 1, "--quiet"))
    with RunStore.open(tmp_path / "out") as store:
        (record,) = store.list_runs()
        with store.open_run(record):
            pass  # ended without a conclusion: interrupted
    samples, rate_hz = soundfile.read(own_clip)
    soundfile.write(own_clip, samples[: 3 * rate_hz], rate_hz)
    code, _, stderr = kvw("runs", "resume")
    assert code == 1
    assert "another recording" in stderr


def cut_off(kvw, monkeypatch, command, config, n_steps=4):  # noqa: F811
    """Interrupts a search just before a step's rows are written; returns its record."""
    owner, name = (walk._Keeper, "keep") if command == "walk" else (interpolate, "_keep")
    keep, n_kept = getattr(owner, name), []

    def keep_some(*arguments):
        if len(n_kept) == n_steps:
            raise KeyboardInterrupt
        n_kept.append(1)
        keep(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, keep_some)
        code, _, stderr = kvw(command, "--config", config)
    assert code == 130
    assert "kvw runs resume" in stderr
    with RunStore.open(Path("out")) as store:
        return store.list_runs()[0]


def test_a_walk_that_goes_on_elsewhere_scores_its_best_voice_anew(
    kvw,  # noqa: F811
    settings,
    tmp_path,
    monkeypatch,
):
    run = cut_off(kvw, monkeypatch, "walk", settings)

    def inputs(change=None):
        with (
            RunStore.open(tmp_path / "out") as store,
            store.open_run(store.get(run.run_id)) as kept,
        ):
            rows = kept.planned("inputs")
            if change:
                kept.plan("inputs", {**rows, **change})
        return rows

    true = inputs()["fingerprint"]
    assert "torch" in true
    inputs({"fingerprint": "mini@0 · torch 1"})
    code, _, stderr = kvw("runs", "resume")
    assert code == 0, stderr
    assert "scored anew" in stderr
    assert inputs()["fingerprint"] == true


def refused(outcome, words):
    """Checks the last line of a command that had begun; returns all that it told."""
    code, _, stderr = outcome
    assert code == 1, stderr
    assert stderr.splitlines()[-1].startswith("Error: ")
    assert words in stderr.splitlines()[-1]
    return stderr


def own_start(settings, tmp_path):
    """Returns a config like the fixture's whose start is a file of our own, and that file."""
    start = tmp_path / "own.pt"
    shutil.copy(settings.with_name("am_garnet.pt"), start)
    config = json.loads(settings.read_text())
    config["walk"]["start"] = str(start)
    path = tmp_path / "own.json"
    path.write_text(json.dumps(config))
    return path, start


def test_what_a_resumed_walk_takes_and_refuses(kvw, settings, tmp_path, monkeypatch):  # noqa: F811
    config, start = own_start(settings, tmp_path)
    whole = lines(ok(kvw("walk", "--config", config, "--json")))[-1]
    run = cut_off(kvw, monkeypatch, "walk", config)

    # Other numbers under the same name: not the search that was begun.
    shutil.copy(settings.with_name("af_ivory.pt"), start)
    refused(kvw("runs", "resume"), "not the same now")
    shutil.copy(settings.with_name("am_garnet.pt"), start)

    database = tmp_path / "out" / "kvw.sqlite3"
    for kind, payload in (("state", None), ("start", "{}"), ("incumbent", "{}")):
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            where = "WHERE run_id = ? AND kind = ?"
            (kept,) = connection.execute(
                f"SELECT payload FROM rows {where}", (run.run_id, kind)
            ).fetchone()
            query = f"UPDATE rows SET payload = ? {where}"
            damaged = payload or kept.replace('"number": 4', '"number": 1e999')
            assert damaged != kept
            connection.execute(query, (damaged, run.run_id, kind))
        refused(kvw("runs", "resume", run.run_id), "start anew")
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(query, (kept, run.run_id, kind))

    # Files are of the rows' step again, whatever a kill or a person left there.
    (run.folder / "best.pt").unlink()
    monkeypatch.chdir(tmp_path.parent)
    resumed = lines(ok(kvw("runs", "resume", "--out", tmp_path / "out", "--json")))[-1]
    assert resumed["score"] == whole["score"]
    assert load_voice(tmp_path / "out" / run.run_id / "best.pt") == load_voice(
        tmp_path / "out" / whole["run"] / "best.pt"
    )


def test_a_resumed_sweep_leaves_the_best_voice_alone_on_its_way(
    kvw, settings, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    run = cut_off(kvw, monkeypatch, "interpolate", settings, 5)
    best = load_voice(run.folder / "best.pt")
    with monkeypatch.context() as patch:
        patch.setattr(interpolate, "_keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        code, _, _ = kvw("runs", "resume")
    assert code == 130
    assert load_voice(run.folder / "best.pt") == best
    with RunStore.open(Path("out")) as store:
        record = store.get(run.run_id)
    assert (record.status, record.result) == ("interrupted", run.result)


def test_ctrl_c_while_judging_loses_nothing_of_the_search(
    kvw, settings, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(search_run, "judge_held_out", stop)
        code, stdout, _ = kvw("interpolate", "--config", settings)
        assert (code, stdout.count("start ")) == (130, 1)
        code, stdout, stderr = kvw("walk", "--steps", 1)
    assert (code, stdout.count("start ")) == (130, 1)
    assert "Going on from" in stderr
    with RunStore.open(Path("out")) as store:
        record = store.list_runs()[0]
    assert record.result is not None
    kept = record.result["population_names"]
    assert len(kept) == len(VOICES)
    assert all("-interpolate-" in name for name in kept)


def test_a_judgement_that_fails_spoils_no_run(kvw, settings, tmp_path, monkeypatch):  # noqa: F811
    def fail(*_, **__):
        raise AudioError("no speech was found")

    monkeypatch.setattr(held_out, "measure_held_out", fail)
    code, stdout, stderr = kvw("walk", "--config", settings, "--steps", 1, "--held-out", "--json")
    assert code == 0, stderr
    assert lines(stdout)[-1]["held_out"] is None
    assert "could not be judged" in stderr


def test_a_channel_is_one_target_for_all_commands(kvw, settings, clip, tmp_path):  # noqa: F811
    samples, rate_hz = soundfile.read(clip)
    both = np.stack([samples[::-1] * 0.5, samples], axis=1)
    soundfile.write(tmp_path / "both.wav", both, rate_hz)
    soundfile.write(tmp_path / "right.wav", samples, rate_hz)
    start = ("score", "af_beryl", "--config", settings, "--json")
    alone = json.loads(ok(kvw(*start, "--target", tmp_path / "right.wav")))["voices"]
    named = ("--target", tmp_path / "both.wav", "--channel", "right")
    assert json.loads(ok(kvw(*start, *named)))["voices"] == alone

    target = (tmp_path / "both.wav", "--channel", "right", "--no-held-out")
    for command in ("rank", "interpolate", "walk", "clone"):
        options = target[:3] if command == "rank" else (*target, "--steps", 1)
        options = target if command == "interpolate" else options
        done = lines(ok(kvw(command, *options, "--config", settings, "--json")))[-1]
        kept = json.loads((tmp_path / "out" / done["run"] / "config.json").read_text())
        assert kept["target"]["channel"] == "right", command


def test_lessons_that_taught_nothing_are_told(kvw, settings, monkeypatch):  # noqa: F811
    def fail(*_):
        raise AudioError("no speech was found")

    monkeypatch.setattr(loss.GradientLoss, "sample", fail)
    command = ("walk", "--config", settings, "--method", "gradient", "--steps", 1, "--json")
    code, stdout, stderr = kvw(*command)
    assert code == 0, stderr
    timing = lines(stdout)[-1]["timing"]
    assert (timing["n_lessons"], timing["n_lessons_skipped"]) == (2, 2)
    assert "2 of 2 lessons taught nothing" in stderr


def test_one_voice_is_refused_before_it_is_heard(kvw, settings, tmp_path):  # noqa: F811
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(settings.with_name("af_ivory.pt"), folder)
    told = refused(kvw("walk", "--config", settings, "--voices", folder), "two voices")
    assert "af_ivory" not in told


def test_long_names_of_blends_fit_into_file_names():
    assert interpolate.file_name("a:0.75,b:0.25") == "a_0.75+b_0.25"
    long = [",".join(f"af_voice{n}:0.0{k}" for n in range(40)) for k in (1, 2)]
    names = [interpolate.file_name(name) for name in long]
    assert len(set(names)) == 2
    assert all(check_file_name(name) for name in names)


@pytest.mark.slow
def test_score_judges_on_new_texts_beside_the_best_stock_voice(kvw, settings, tmp_path):  # noqa: F811
    ranked = json.loads(ok(kvw("rank", "--config", settings, "--json")))
    first, *_, last = (voice["name"] for voice in ranked["voices"])
    told = kvw("score", last, first, "--held-out", "--json")
    judged = json.loads(ok(told))["held_out"]
    assert set(judged) == {first, last}
    assert judged[first]["share_of_gap"] == 0.0  # the floor itself
    assert judged[first]["verdict_kind"] == "no_closer"
    assert judged[last]["floor"] == judged[first]["target_similarity"]
    readings = {one["name"]: one for one in judged[last]["judges"]}
    assert 1 < readings["dnsmos"]["value"] < 5
    assert "ranking" not in told[2]  # the floor comes from the run before

    alone = kvw("score", first, "--held-out", "--config", settings)
    assert "this is the floor" in alone[1]
    assert "best of them is the floor" in alone[2]


HEARD = "My grandmother kept bees, and sold the honey at the market."


def test_transcribed_words_are_written_into_the_run(kvw, settings, tmp_path, monkeypatch):  # noqa: F811
    class Whisper:
        def __init__(self, config, lang):
            assert (config.whisper_dir, lang) == (None, None)

        def require(self):
            pass

        def hear(self, utterance):
            return words.Heard("" if utterance.duration_s < 1 else HEARD, "en")

        def close(self):
            closed.append(self)

    closed = []
    monkeypatch.setattr(judges, "open_listener", Whisper)
    data = json.loads(settings.read_text())
    del data["target"]["text"]
    wordless = tmp_path / "wordless.json"
    wordless.write_text(json.dumps(data))
    run = json.loads(ok(kvw("rank", "--config", wordless, "--transcribe", "--json")))["run"]
    kept = json.loads((tmp_path / "out" / run / "config.json").read_text())["target"]
    assert kept["text"] == HEARD
    assert kept["is_transcribed"] is False
    assert len(closed) == 1  # its memory is for the search


def test_transcribing_needs_whisper_and_no_text(kvw, settings, monkeypatch):  # noqa: F811
    start = ("rank", "--config", settings, "--transcribe")
    refused(kvw(*start, "--text", "These."), "give one of them")
    monkeypatch.setattr(judges, "open_listener", lambda *_: words.Listener(None))
    monkeypatch.setattr(session, "open_synthesizer", None)  # it is told before a model is loaded
    refused(kvw(*start), "not fetched: kvw setup --judges, or give the words with --text")


def test_a_whisper_that_cannot_be_loaded_is_told(kvw, settings, monkeypatch, tmp_path):  # noqa: F811
    for name in words.NEEDED:
        (tmp_path / name).write_bytes(b"nothing")
    monkeypatch.setattr(judges, "open_listener", lambda *_: words.Listener(tmp_path))
    data = json.loads(settings.read_text())
    del data["target"]["text"]
    (tmp_path / "wordless.json").write_text(json.dumps(data))
    asked = kvw("rank", "--config", tmp_path / "wordless.json", "--transcribe")
    assert "give the words with --text" in refused(asked, "Whisper cannot be loaded from")


def test_a_held_out_score_after_voices_of_a_folder(kvw, settings, tmp_path):  # noqa: F811
    folder = tmp_path / "mine"
    folder.mkdir()
    for i, name in enumerate(VOICES):
        shutil.copy(bundled_dir("voices") / f"{name}.pt", folder / f"zz_{i}.pt")
    (folder / "zz_bad.pt").write_text("no voice")
    code, _, stderr = kvw("rank", "--config", settings, "--voices", folder, "-q")
    assert code == 0, stderr
    assert "zz_bad.pt" in stderr
    scored = json.loads(ok(kvw("score", "am_ash", "--held-out", "--json")))
    assert scored["held_out"]["am_ash"]["floor_voice"].startswith("zz_")
    (folder / f"{scored['held_out']['am_ash']['floor_voice']}.pt").unlink()
    failed((1, "", kvw("score", "am_ash", "--held-out", "-q")[2]), "zz_")
