"""The listening page: escaping, policy, size, and what it leaves out."""

import base64
import hashlib
import json
import re
import sqlite3
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.report import page
from kvoicewalk.report.page_facts import read_facts
from kvoicewalk.store import RunStore
from tests.pages import HOSTILE, held_out, make_clone, parts


class Reader(HTMLParser):
    """Collects tags, text and what stands in scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.inline, self._stack = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._stack.append((tag, dict(attrs)))
            self.inline.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._stack.pop()

    def handle_data(self, data):
        if self._stack:
            self.inline[-1][2] += data
        else:
            self.text += data

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)

    def headings(self):
        return {attrs["id"] for tag, attrs in self.tags if tag in ("h1", "h2") and "id" in attrs}


def render(record, **changes):
    with RunStore.open(record.folder.parent) as store:
        return page.run_page(replace(read_facts(store, record), **changes))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return render(make_clone(tmp_path_factory.mktemp("out")))


def test_a_whole_run_has_every_section(whole):
    read = Reader(whole)
    wanted = "verdict listen score held curve lengths plane timeline ranking details consent"
    assert read.headings() == {f"h-{name}" for name in wanted.split()}
    assert read.count("audio") == 3 + 6
    for words in ("target.wav", "best of all", "am_five", "0.900", "0.700", "0.950", "80\u202f%"):
        assert words in read.text
    assert hashlib.sha256(b"a voice").hexdigest() in read.text


def test_the_policy_names_style_and_script_by_their_hashes(whole):
    read = Reader(whole)
    policy = next(
        attrs["content"]
        for tag, attrs in read.tags
        if attrs.get("http-equiv", "").startswith("Cont")
    )
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    code = {tag: text for tag, attrs, text in read.inline if "type" not in attrs}
    assert set(code) == {"script", "style"}
    for tag, text in code.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any(
        "style" in attrs or any(a.startswith("on") for a in attrs) for _, attrs in read.tags
    )


def test_nothing_is_fetched(whole):
    found = re.findall(r'(?:src|href)="([^"]*)"', whole)
    assert found
    assert all(address.startswith(("data:", "#")) for address in found)


def test_hostile_words_stay_text(tmp_path):
    judge = {"label": HOSTILE, "value": 0.5, "note": HOSTILE}
    judged = held_out(verdict=HOSTILE, floor_voice=HOSTILE, judges=[judge])
    best = {"name": HOSTILE, **parts(95, 0.9)}
    record = make_clone(
        tmp_path, target=HOSTILE, held_out=judged, best=best, floor=HOSTILE, scoring=HOSTILE
    )
    (record.folder / "page.json").write_text(json.dumps({
        "map": {"stock": [{"name": HOSTILE, "x": i, "y": i} for i in range(4)]},
        "versions": {HOSTILE: HOSTILE},
    }))  # fmt: skip
    text = render(record)
    read = Reader(text)
    assert read.count("script") == 2
    assert read.count("img") == 0
    assert "alert(1)" in read.text
    assert "{{7*7}}" in read.text
    assert "\u202e" not in text
    island = next(text for tag, attrs, text in read.inline if "type" in attrs)
    assert "<" not in island
    assert json.loads(island)["target"].startswith("</script><script>alert(1)")


def test_what_is_not_there_is_left_out(tmp_path):
    with RunStore.open(tmp_path) as store:
        with store.start("walk", "t.wav", "mini@0", {}) as run:
            run.finish("interrupted")
        record = store.get(run.run_id)
        text = page.run_page(read_facts(store, record))
    read = Reader(text)
    assert read.headings() == {"h-verdict", "h-details", "h-consent"}
    assert read.count("audio") == 0
    assert "This run is interrupted." in read.text


@pytest.mark.parametrize("name", ["floor.wav", "best.wav", "target.wav"])
def test_a_damaged_or_missing_recording_leaves_one_player_out(tmp_path, name):
    record = make_clone(tmp_path)
    (record.folder / name).write_bytes(b"RIFF no more")
    read = Reader(render(record))
    assert read.count("audio") == 2 + 6
    assert f"{name} cannot be played here" in read.text
    (record.folder / name).unlink()
    read = Reader(render(record))
    assert read.count("audio") == 2 + 6
    assert "h-notes" not in read.headings()


def test_odd_content_of_the_database_spoils_nothing(tmp_path):
    odd = [None, True, "x", 1e308, -5, [], {"a": 1}, [None, {"x": "y"}]]
    for value in odd:
        entry = held_out(**dict.fromkeys(held_out(), value), judges=value, verdict=value)
        record = make_clone(tmp_path, n_steps=2, held_out=entry, best=value, floor=value)
        (record.folder / "page.json").write_text(json.dumps({"map": value, "versions": value}))
        (record.folder / "best.kvw.json").write_text("{")
        read = Reader(render(replace(record, config={"synth": value, "target": value})))
        assert {"h-verdict", "h-details"} <= read.headings()
    for result in (value for value in odd if isinstance(value, dict) or value is None):
        assert "h-details" in Reader(render(replace(record, result=result))).headings()


def test_a_damaged_row_is_left_out_and_said(tmp_path):
    record = make_clone(tmp_path)
    with sqlite3.connect(tmp_path / "kvw.sqlite3") as connection:
        connection.execute("UPDATE rows SET payload = '{' WHERE kind = 'step' AND name = '3'")
    connection.close()
    read = Reader(render(record))
    assert "h-curve" not in read.headings()
    assert "h-notes" in read.headings()


def test_a_long_run_stays_small(tmp_path):
    record = make_clone(tmp_path, n_steps=40)
    with RunStore.open(tmp_path) as store:
        facts = read_facts(store, record)
    step = facts.steps[-1]
    many = tuple(
        replace(
            step, number=i, parts=replace(step.parts, score=50 + i / 1000), wav_path=step.wav_path
        )
        for i in range(1, 20_001)
    )
    text = page.run_page(replace(facts, steps=many, voices=facts.voices * 100))
    assert len(text.encode()) < page.MAX_PAGE_BYTES / 3
    read = Reader(text)
    assert read.count("audio") == 3 + 8
    assert "older ones are not shown" in read.text


def test_second_judges_that_are_not_installed_say_so(tmp_path):
    judges = [
        {"name": "a", "label": "Judge A", "value": 0.8, "floor": 0.5, "target": 0.9, "note": ""},
        {"name": "b", "label": "Judge B", "value": None, "note": "not installed"},
    ]
    read = Reader(render(make_clone(tmp_path, held_out=held_out(judges=judges))))
    for words in ("not optimised", "Judge A", "0.800", "Judge B", "not installed"):
        assert words in read.text


@pytest.mark.parametrize("is_own_home", [True, False])
def test_no_folder_of_anybody_is_in_the_page(tmp_path, monkeypatch, is_own_home):
    folders = ("homes-of-staff", "Jane Quux Doe", "Voice lab 9", "secret-project")
    home = tmp_path.joinpath(*folders[:2])
    below = tmp_path.joinpath(*folders)
    below.mkdir(parents=True)
    if is_own_home:
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("USERPROFILE", str(home))
    (below / "out").mkdir()
    judge = {"label": f"WavLM of {below}/wavlm", "note": f"not there: {below}/wavlm holds no file"}
    record = make_clone(
        below / "out",
        best={"name": f"{below}/best voice.pt", **parts(95, 0.9)},
        floor=f"{below}/floor voice.pt",
        held_out=held_out(
            judges=[judge], verdict=f"as in {below}/verdict.txt", floor_voice=f"{below}/floor.pt"
        ),
        voice_path=f"{below}/out/best.pt",
        scoring=f"{below}/scoring",
    )
    record = replace(
        record,
        target=f"{below}/recording.wav",
        model=f"{below}/model@0123456789ab",
        note=f"it lay in {below}/elsewhere",
        config={
            "target": {"paths": [f"{below}/one.wav", f"{below}/two.wav"], "text": "Some words."},
            "model": {"name": f"{below}/my model"},
            "rank": {"voices_path": f"{below}/my voices"},
            "population": {"voices": [f"{below}/a.pt"], "floor": f"{below}/b.pt"},
            "walk": {"start": f"{below}/a.pt:0.5,{below}/b.pt:0.5"},
            "judges": {
                "whisper_dir": f"{below}/whisper",
                "wavlm_dir": r"C:\Users\secret-project\w",
            },
            "out_dir": str(below / "out"),
        },
    )
    with sqlite3.connect(below / "out" / "kvw.sqlite3") as connection:
        renamed = ("am_three", f"{below}/mine.pt")
        connection.execute("UPDATE rows SET payload = replace(payload, ?, ?)", renamed)
    connection.close()
    recipe = {"recipe": f"step 12 of a walk from {below}/a.pt", "lang": "a"}
    (record.folder / "best.kvw.json").write_text(json.dumps(recipe))
    for name in ("floor.wav", "page.json"):
        (record.folder / name).write_bytes(b"RIFF no more")
    text = render(record)
    for folder in (*folders, str(tmp_path), tmp_path.parent.name):
        assert folder not in text
    for name in (
        "recording.wav",
        "one.wav, two.wav",
        "my model",
        "wavlm holds no",
        "best voice.pt",
        "mine.pt",
        "kvw speak best.pt",
        "floor.wav cannot be played",
        "page.json cannot be read",
        "a.pt:0.5,b.pt:0.5",
    ):
        assert name in text
    with RunStore.open(below / "out") as store:
        compared = page.comparison_page([read_facts(store, record)] * 2)
    assert not any(folder in compared for folder in (*folders, str(tmp_path)))
    assert "recording.wav" in compared


def test_lone_surrogates_do_not_keep_it_from_being_written(tmp_path):
    record = make_clone(tmp_path)
    config = {"target": {"paths": ["\udcff.wav"], "text": "\udcff"}}
    with RunStore.open(tmp_path) as store:
        store_get = replace(store.get(record.run_id), config=config)
        path = page.write_run_page(store, store_get)
    assert path == record.folder / "report.html"
    path.read_text(encoding="utf-8")


def test_a_run_whose_folder_is_gone_is_one_error(tmp_path):
    record = make_clone(tmp_path)
    with RunStore.open(tmp_path) as store, pytest.raises(StoreError, match="gone"):
        page.write_run_page(store, replace(record, folder=tmp_path / "none"))


def test_several_runs_on_one_page(tmp_path):
    first, second = make_clone(tmp_path), make_clone(tmp_path, held_out=None)
    with RunStore.open(tmp_path) as store:
        path = page.write_comparison(store, [first, second])
        assert page.write_comparison(store, [first, second]) == path
        assert page.write_comparison(store, [second, first]) != path
        with pytest.raises(StoreError, match="at most 12"):
            page.write_comparison(store, [first] * 13)
    read = Reader(path.read_text(encoding="utf-8"))
    assert path.parent == tmp_path
    assert read.count("audio") == 3
    assert first.run_id in read.text
    assert second.run_id in read.text
    assert "2 runs compared" in read.text
    assert read.text.index("gap closed") < read.text.index("stability")  # a phone shows the first


def test_runs_that_were_not_judged_have_no_columns_for_it(tmp_path):
    runs = [make_clone(tmp_path, held_out=None) for _ in range(2)]
    with RunStore.open(tmp_path) as store:
        path = page.write_comparison(store, runs)
    read = Reader(path.read_text(encoding="utf-8"))
    assert "gap closed" not in read.text
    assert "stability" in read.text
