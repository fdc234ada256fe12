"""Going on with a run that was cut off."""

from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.app.handover import SEARCH_COMMANDS
from kvoicewalk.app.narrate import can_go_on, resume_narration
from kvoicewalk.app.rank import rank_voices
from kvoicewalk.app.results import Narrated, Ranked, Searched
from kvoicewalk.app.search_run import run_search
from kvoicewalk.app.settings import resolve
from kvoicewalk.errors import Call, StoreError

if TYPE_CHECKING:
    from kvoicewalk.store import RunRecord, RunStore


def resume_run(record: "RunRecord", events: Events) -> Ranked | Searched | Narrated:
    """Goes on with a run, as if it never had been interrupted.

    Raises:
        KvwError: an input cannot be used any more.
        InterruptedRunError: it was interrupted again; what was found is kept.
        InterruptedSpeechError: the same of a text that was being spoken.
    """
    from kvoicewalk.config_file import upgrade_config

    kept = upgrade_config(record.config, f"the configuration of run {record.run_id}")
    config = resolve(record.command, {"out_dir": str(record.folder.parent)}, None, kept)
    if record.command == "speak":
        return resume_narration(record, config, events)
    if record.command == "rank":
        return rank_voices(config, events, record=record)
    return run_search(config, events, record)


def find_resumable(store: "RunStore", wanted: str) -> "RunRecord":
    """Returns the run to go on with: the named one, else the latest that was cut off.

    Raises:
        StoreError: there is none, or it cannot be resumed.
    """
    if not wanted:
        cut_off = store.list_runs(
            commands=(*SEARCH_COMMANDS, "speak"), statuses=("interrupted", "failed")
        )
        found = next((one for one in cut_off if one.command != "speak" or can_go_on(one)), None)
        if found is None:
            raise StoreError(f"{store.out_dir} holds no run that was cut off; see 'kvw runs list'.")
        return found
    record = store.get(wanted)
    if record.command not in SEARCH_COMMANDS and record.command != "speak":
        raise StoreError(f"run {record.run_id} cannot be resumed; just call it again.")
    if record.status == "done" and record.command == "speak":
        raise StoreError(f"run {record.run_id} is finished; its speech is whole.")
    if record.status == "done":
        raise StoreError(
            f"run {record.run_id} is finished. To search on from its result: ", Call("walk")
        )
    if record.status == "running":
        raise StoreError(
            f"run {record.run_id} is still at work in another process; wait for it or stop it."
        )
    return record
