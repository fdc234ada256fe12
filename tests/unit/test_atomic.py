"""Files that are whole or absent."""

import pytest

from kvoicewalk.atomic import written_whole


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
