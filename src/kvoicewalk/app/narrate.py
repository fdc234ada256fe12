"""A text is spoken into a file, which grows piece by piece and can be gone on with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events, InterruptedSpeechError
from kvoicewalk.app.results import Narrated
from kvoicewalk.app.speak import Speaker, open_speaker
from kvoicewalk.errors import StoreError

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig
    from kvoicewalk.sound.writers import FormatName
    from kvoicewalk.store import Run, RunRecord
    from kvoicewalk.store.part import SpeechPart
    from kvoicewalk.voices import Voice

MAX_TEXT_BYTES = 2**30
TEXT_NAME, VOICE_NAME = "text.txt", "voice.pt"


def narrate(
    config: "RunConfig",
    voice: "Voice | str",
    text: str,
    path: Path,
    events: Events,
    *,
    is_fresh: bool = False,
) -> Narrated:
    """Speaks a text into a file; goes on with what an earlier call left of the same speech.

    Args:
        config: with model, seed, language, speed, and how a text is read.
        voice: a voice, or what names one.
        text: of any length.
        path: of the file.
        events: hear of it.
        is_fresh: True drops what an earlier call left.

    Raises:
        KvwError: the voice, the model, the text or the path cannot be used.
        InterruptedSpeechError: Ctrl-C; what was spoken is kept.
    """
    from kvoicewalk.audio import check_speech_path

    found = check_speech_path(path, config.speak.format)
    speaker = open_speaker(config, voice, text, events)
    return Narrated(_speak_into(speaker, path, found, events, is_fresh=is_fresh))


def narrate_run(config: "RunConfig", voice: str, text: str, events: Events) -> Narrated:
    """Speaks a text into a new run folder; see `narrate`."""
    from kvoicewalk.config_file import dump_config
    from kvoicewalk.store import RunStore, require_writable

    require_writable(config.out_dir)
    speaker = open_speaker(config, voice, text, events)
    config = _with_lang(config, speaker.lang)
    identity = speaker.synthesizer.model.identity
    with (
        RunStore.open(config.out_dir) as store,
        store.start("speak", speaker.voice.name, identity, dump_config(config)) as run,
    ):
        _keep_inputs(run.folder, speaker.voice, text)
        return Narrated(_speak_run(run, speaker, config.speak.format or "wav", events))


def resume_narration(record: "RunRecord", config: "RunConfig", events: Events) -> Narrated:
    """Goes on with the speech of a run that was cut off.

    Raises:
        KvwError: what it was made of is not there any more, or cannot be used.
        InterruptedSpeechError: Ctrl-C again; what was spoken is kept.
    """
    from kvoicewalk.store import RunStore
    from kvoicewalk.voices import load_voice

    if not can_go_on(record):
        raise StoreError(f"run {record.run_id} cannot be resumed; just call it again.")
    voice = replace(load_voice(record.folder / VOICE_NAME), name=record.target)
    speaker = open_speaker(config, voice, _kept_text(record.folder), events)
    with RunStore.open(record.folder.parent) as store, store.open_run(record) as run:
        return Narrated(_speak_run(run, speaker, config.speak.format or "wav", events))


def can_go_on(record: "RunRecord") -> bool:
    """Tells whether a run of `speak` left what it takes to go on with it.

    One that failed at its very beginning would fail again.
    """
    from kvoicewalk.store.part import SUFFIX

    has_inputs = all((record.folder / name).is_file() for name in (TEXT_NAME, VOICE_NAME))
    has_begun = any(record.folder.glob(f"*{SUFFIX}"))
    return has_inputs and (has_begun or record.status == "interrupted")


def _with_lang(config: "RunConfig", lang: str) -> "RunConfig":
    return config.model_copy(update={"synth": config.synth.model_copy(update={"lang": lang})})


def _speak_run(
    run: "Run", speaker: Speaker, format: "FormatName", events: Events
) -> dict[str, Any]:
    try:
        data = _speak_into(speaker, run.folder / f"speech.{format}", format, events)
    except InterruptedSpeechError as error:
        error.run_id = run.run_id
        raise
    data["run"] = run.run_id
    run.finish("done", data)
    (run.folder / VOICE_NAME).unlink(missing_ok=True)
    return data


def _speak_into(
    speaker: Speaker, path: Path, format: "FormatName", events: Events, *, is_fresh: bool = False
) -> dict[str, Any]:
    """Speaks into a file; returns where and how, as data."""
    from kvoicewalk.audio import SAMPLE_RATE_HZ
    from kvoicewalk.store.part import SpeechPart

    reading = speaker.reading
    with SpeechPart(path, speaker.key(), SAMPLE_RATE_HZ, is_fresh=is_fresh) as part:
        resumed_s = part.duration_s
        with (
            _kept_when_interrupted(part, path),
            events.stage("speak", n_characters=reading.n_characters),
        ):
            _append_all(speaker, part, events)
            duration_s = part.duration_s
            part.finish(format)
    return {
        "voice": speaker.voice.name,
        "model": speaker.synthesizer.model.identity,
        "lang": speaker.lang,
        "seed": speaker.seed,
        "duration_s": duration_s,
        "wav_path": str(path),
        "format": format,
        "n_characters": reading.n_characters,
        "resumed_s": resumed_s,
    }


def _append_all(speaker: Speaker, part: "SpeechPart", events: Events) -> None:
    from kvoicewalk.reading import Speech
    from kvoicewalk.reading.pieces import SpeechStep
    from kvoicewalk.sound.writers import to_pcm

    reading, done = speaker.reading, part.progress
    before = reading.pieces[: done.n_pieces]
    n_characters = sum(len(piece.text) for piece in before if isinstance(piece, Speech))
    if before:
        events.step(SpeechStep("", n_characters, reading.n_characters, part.duration_s))
    for piece in speaker.speak(done.n_pieces, done.n_chunks):
        part.append(to_pcm(piece.samples), piece.n_chunks)
        n_characters += len(piece.text)
        if piece.text:
            events.step(SpeechStep(piece.text, n_characters, reading.n_characters, part.duration_s))


@contextmanager
def _kept_when_interrupted(part: "SpeechPart", path: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        if part.progress.n_pieces == 0:
            raise
        raise InterruptedSpeechError(path, part.folder, part.duration_s) from error


def _keep_inputs(folder: Path, voice: "Voice", text: str) -> None:
    from kvoicewalk.atomic import written_whole
    from kvoicewalk.voices import save_voice

    save_voice(voice, folder / VOICE_NAME)
    try:
        with written_whole(folder / TEXT_NAME) as file:
            file.write(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise StoreError(f"{folder / TEXT_NAME} cannot be written ({error.strerror}).") from error


def _kept_text(folder: Path) -> str:
    path = folder / TEXT_NAME
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES)
        return data.decode("utf-8", "surrogatepass")
    except (OSError, UnicodeError) as error:
        raise StoreError(f"{path} cannot be read; call the command again.") from error
