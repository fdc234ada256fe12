"""Deleting runs: theirs alone, never one at work, whole in the end however it is stopped."""

from pathlib import Path

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store import RunStore
from kvoicewalk.store.removal import folder_bytes, set_aside


@pytest.fixture
def out(tmp_path):
    """Two runs that are done, with files and rows."""
    folder = tmp_path / "out"
    with RunStore.open(folder) as store:
        for name in ("one", "two"):
            with store.start("rank", name, "mini@0", {}) as run:
                run.put("voice", "v", {"score": 1.0})
                (run.folder / "voices").mkdir()
                (run.folder / "voices" / "v.pt").write_bytes(b"1" * 1000)
                run.finish("done", {})
    return folder


def runs(out: Path) -> list[str]:
    with RunStore.open(out) as store:
        return sorted(record.target for record in store.list_runs())


def folders(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir() if path.is_dir())


def test_a_run_goes_with_its_rows_and_its_folder_and_no_other(out):
    with RunStore.open(out) as store:
        one = next(record for record in store.list_runs() if record.target == "one")
        other = next(record for record in store.list_runs() if record.target == "two")
        store.remove(one)
        assert store.rows(one.run_id, "voice") == ()
        assert len(store.rows(other.run_id, "voice")) == 1
    assert runs(out) == ["two"]
    assert folders(out) == [other.run_id]


def test_one_at_work_stays(out):
    with RunStore.open(out) as store:
        run = store.start("walk", "three", "mini@0", {})
        with RunStore.open(out) as other, pytest.raises(StoreError, match="still at work"):
            other.remove(other.get(run.run_id))
        assert run.folder.is_dir()
        run.put("voice", "v", {})
    assert runs(out) == ["one", "three", "two"]


def test_one_that_is_taken_up_again_meanwhile_stays(out):
    with RunStore.open(out) as store:
        record = store.get("latest")
        with RunStore.open(out) as other:
            other.open_run(record)
            with pytest.raises(StoreError, match="still at work"):
                store.remove(record)  # as it was read before
    assert len(runs(out)) == 2


def test_a_folder_that_is_gone_leaves_an_entry_that_goes(out):
    with RunStore.open(out) as store:
        record = store.get("latest")
        record.folder.rename(out.parent / "elsewhere")
        store.remove(store.get("latest"))
    assert len(runs(out)) == 1
    assert (out.parent / "elsewhere").is_dir()


def test_links_are_not_followed(out):
    precious = out.parent / "precious"
    precious.mkdir()
    (precious / "voice.pt").write_text("mine")
    with RunStore.open(out) as store:
        first, second = store.list_runs()
        (first.folder / "link").symlink_to(precious)
        store.remove(first)
        second.folder.rename(out.parent / "real")
        second.folder.symlink_to(out.parent / "real")
        with pytest.raises(StoreError, match="a link or a file"):
            store.remove(second)
    assert (precious / "voice.pt").read_text() == "mine"
    assert (out.parent / "real" / "voices" / "v.pt").is_file()
    assert runs(out) == [second.target]


def test_nothing_outside_of_the_runs_folder(out):
    import dataclasses

    with RunStore.open(out) as store:
        record = dataclasses.replace(store.get("latest"), run_id="../precious")
        with pytest.raises(StoreError, match="no name of a run"):
            store.remove(record)


def test_what_a_killed_attempt_left_goes_with_the_next(out):
    with RunStore.open(out) as store:
        record = store.get("latest")
        record.folder.rename(out / f".removed-{record.run_id}")
        store.remove(store.get("latest"))
    assert len(runs(out)) == 1
    assert len(folders(out)) == 1


def test_after_an_error_in_between_all_is_as_it_was(out):
    with RunStore.open(out) as store:
        folder = store.get("latest").folder
    with pytest.raises(KeyboardInterrupt), set_aside(folder):  # noqa: PT012
        assert not folder.exists()
        raise KeyboardInterrupt
    assert (folder / "voices" / "v.pt").is_file()
    assert len(folders(out)) == 2


def test_what_a_folder_holds(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"1" * 10)
    (tmp_path / "a" / "d").write_bytes(b"1" * 5)
    (tmp_path / "a" / "link").symlink_to("/usr")
    assert folder_bytes(tmp_path / "a") == 15
    assert folder_bytes(tmp_path / "none") == 0
