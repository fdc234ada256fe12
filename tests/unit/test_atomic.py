"""Files that are whole or absent."""

from pathlib import Path

import pytest

from kvoicewalk.atomic import replace_all, written_whole


def test_the_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with written_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error):  # noqa: PT012, SIM117
        with written_whole(path) as file:
            file.write(b"half")
            raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_name_fits(tmp_path):
    path = tmp_path / ("x" * 250 + ".pt")
    with written_whole(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("place", ["/", "file/below.bin", "none/below.bin"])
def test_places_that_cannot_be(tmp_path, place):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="irectory"), written_whole(tmp_path / place) as file:
        file.write(b"new")


def writing(content):
    return lambda file: file.write(content)


def test_several_files_are_replaced_and_what_they_were_is_kept(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    assert replace_all({one: writing(b"11"), two: writing(b"2")}) == {one: tmp_path / "one.bak"}
    assert replace_all({one: writing(b"111")}) == {one: tmp_path / "one.bak2"}
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {"one": b"111", "one.bak": b"1", "one.bak2": b"11", "two": b"2"}


@pytest.mark.parametrize("at", ["write", "replace"])
def test_several_files_or_none(tmp_path, monkeypatch, at):
    one, new, two = (tmp_path / name for name in ("one", "new", "two"))
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    real = Path.replace

    def fail(*_):
        raise OSError(28, "No space left on device")

    def replace(self, target):
        return fail() if Path(target) == two and self.suffix == ".tmp" else real(self, target)

    if at == "replace":
        monkeypatch.setattr(Path, "replace", replace)
    last = fail if at == "write" else writing(b"22")
    with pytest.raises(OSError, match="No space left"):
        replace_all({one: writing(b"11"), new: writing(b"n"), two: last})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "one": b"1", "two": b"2",
    }  # fmt: skip
