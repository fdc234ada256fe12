"""Lists of speakers: tables and folders, and what is wrong with them in one line."""

import pytest

from kvoicewalk.app.batch_list import BatchTarget, read_batch
from kvoicewalk.errors import ConfigError

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


@pytest.fixture
def recordings(tmp_path):
    for name in ("a.wav", "b.wav", "c.wav"):
        (tmp_path / name).write_bytes(WAV)
    return tmp_path


def table(folder, text, encoding="utf-8"):
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table(recordings, delimiter, encoding):
    text = "Speaker,PATH,words\nanna,a.wav,Hello there.\nbert,b.wav,\nbert,c.wav,\n\n"
    path = table(recordings, text.replace(",", delimiter), encoding)
    assert read_batch(path) == [
        BatchTarget("anna", (recordings / "a.wav",), "Hello there."),
        BatchTarget("bert", (recordings / "b.wav", recordings / "c.wav")),
    ]


def test_paths_count_from_the_tables_folder(recordings, monkeypatch):
    monkeypatch.chdir("/")
    (target,) = read_batch(table(recordings, f"path,speaker\n{recordings / 'a.wav'},x\n"))
    assert target.paths == (recordings / "a.wav",)
    (target,) = read_batch(table(recordings, "path,speaker\na.wav,x\n"))
    assert target.paths == (recordings / "a.wav",)


def test_words_of_several_clips_are_not_known(recordings):
    text = "speaker,path,words\nx,a.wav,One.\nX,b.wav,Two.\n"
    assert read_batch(table(recordings, text))[0].words is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line must name the columns"),
        ("a.wav\n", "first line must name the columns"),
        ("speaker,path\n", "names no recording"),
        ("speaker,path,age\nx,a.wav,3\n", "has a column 'age'; known: speaker, path, words"),
        ("speaker,path\nx,\n", "line 2 lacks its speaker or its path"),
        ("speaker,path\n,a.wav\n", "line 2 lacks its speaker or its path"),
        ("speaker,path\nx,a.wav,b.wav\n", "line 2 has more cells than the head"),
        ("speaker,path\nx,none.wav\n", "none.wav is not there"),
        ("speaker,path\nx,a.wav\ny,a.wav\n", "x and y have the same recording; leave one"),
    ],
)
def test_what_is_wrong_is_told(recordings, text, words):
    with pytest.raises(ConfigError) as caught:
        read_batch(table(recordings, text))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_text_and_no_list(recordings):
    with pytest.raises(ConfigError, match=r"is no UTF-8 text"):
        read_batch(table(recordings, "speaker,path\nÄ,a.wav\n", "latin-1"))
    (recordings / "list.csv").write_bytes(WAV + b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"is a recording; a batch wants a table"):
        read_batch(recordings / "list.csv")
    with pytest.raises(ConfigError, match=r"none\.csv: No such file.*name a table"):
        read_batch(recordings / "none.csv")


def test_a_folder_of_recordings_and_folders(recordings):
    (recordings / "a.txt").write_text("Hello there.\n")
    (recordings / "notes.txt").write_text("no recording")
    (recordings / ".hidden.wav").write_bytes(WAV)
    (recordings / "dora").mkdir()
    for name in ("2.flac", "1.flac", "readme.md"):
        (recordings / "dora" / name).write_bytes(b"fLaC" if name.endswith("flac") else b"# x")
    (recordings / "empty").mkdir()
    found = {target.name: target for target in read_batch(recordings)}
    assert sorted(found) == ["a", "b", "c", "dora"]
    assert found["a"].words == "Hello there."
    assert [path.name for path in found["dora"].paths] == ["1.flac", "2.flac"]


def test_one_name_for_two(recordings):
    (recordings / "A").mkdir()
    (recordings / "A" / "x.wav").write_bytes(WAV)
    with pytest.raises(ConfigError, match="twice"):
        read_batch(recordings)
