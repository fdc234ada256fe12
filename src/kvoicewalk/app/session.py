"""Wires a config's parts together: clips → target, model → synthesizer, both → evaluator."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events
from kvoicewalk.app.language import in_language
from kvoicewalk.app.words import settle_text
from kvoicewalk.errors import AudioError, ConfigError, Message, Setting, StoreError, VoiceError
from kvoicewalk.languages import ENGLISH, letter_of
from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from kvoicewalk.audio import Recording, Utterance
    from kvoicewalk.config import ModelConfig, RunConfig, TargetConfig
    from kvoicewalk.evaluate import Evaluator
    from kvoicewalk.judges import Listener
    from kvoicewalk.models import Model
    from kvoicewalk.scoring.combine import Score
    from kvoicewalk.scoring.speaker import Resemblyzer
    from kvoicewalk.store import Run, RunRecord, RunStore
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.voices import Voice

CACHE_NAME = "measurements.sqlite3"
TRANSCRIBE = Setting("is_transcribed", True)
GIVE_WORDS = Message("give the words with ", Setting("words"), ".")


@dataclass(frozen=True)
class Session:
    """One command's loaded parts.

    Attributes:
        config: resolved.
        model: loaded.
        synthesizer: speaks with it.
        evaluator: scores with both.
        clips: what is used of the target's recordings.
        started_s: when loading began, on `time.monotonic`.
    """

    config: "RunConfig"
    model: "Model" = field(repr=False)
    synthesizer: "KokoroSynthesizer" = field(repr=False)
    evaluator: "Evaluator" = field(repr=False)
    clips: "Sequence[Utterance]" = field(repr=False)
    started_s: float = 0.0

    @property
    def target_name(self) -> str:
        """Name of the target, as shown to people."""
        return self.evaluator.scorer.target.name


def read_clips(config: "TargetConfig") -> "list[Recording]":
    """Reads the target's clips and refuses what is no use, before anything slow is loaded.

    Raises:
        ConfigError: none is named.
        AudioError: one is no use.
    """
    if not config.paths:
        raise ConfigError("no target was given; name at least one recording.")
    from kvoicewalk.audio import check_recording, read_recording

    clips = []
    for path in config.paths:
        clip = read_recording(path, config.words or "", config.limits.max_s, config.channel)
        try:
            check_recording(clip.utterance, config.limits)
        except AudioError as error:
            raise AudioError(f"{path}: ", error) from error
        clips.append(clip)
    return clips


def choose_clips(
    config: "TargetConfig",
    recordings: "Sequence[Recording]",
    encoder: "Resemblyzer",
    events: Events,
) -> "list[Utterance]":
    """Returns what is used of each recording; says where it is a part, and what is wrong with it.

    Args:
        config: names them.
        recordings: as `read_clips` gives them.
        encoder: tells voices apart.
        events: hear of it.
    """
    from kvoicewalk.target.examine import compare_clips, examine, find_copies

    clips = []
    together_s = sum(recording.utterance.duration_s for recording in recordings)
    for path, recording in zip(config.paths, recordings, strict=True):
        examined = examine(recording, config.limits, encoder, together_s)
        if examined.part is not None:
            events.note(f"{path.name}: using {examined.part.describe()}.")
        if examined.figures.offset:
            events.note(f"{path.name}: a constant offset was taken out.")
        for fault in examined.faults:
            events.warning(Message(f"{path.name}: ", fault.words))
        clips.append(examined.utterance)
    if len(clips) > 1:
        names = [path.name for path in config.paths]
        for _, found in compare_clips(names, clips, encoder, config.limits):
            if found.grade != "ok":
                events.warning(found.words)
        for found in find_copies(names, [recording.utterance for recording in recordings]):
            events.warning(found.words)
    return clips


def open_synthesizer(config: "RunConfig", events: Events) -> "KokoroSynthesizer":
    """Loads the model and what speaks with it.

    Raises:
        ModelError: the model's files are missing or damaged.
    """
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    set_threads(config.model)
    model = open_model(config.model)
    return KokoroSynthesizer(
        model, Phonemizer(model.vocab, model.english, events.note), config.synth.speed
    )


def set_threads(config: "ModelConfig") -> None:
    """Limits torch to the threads asked for."""
    if config.n_threads is not None:
        import torch

        torch.set_num_threads(config.n_threads)


@contextmanager
def open_session(
    config: "RunConfig", events: Events, started_s: float | None = None
) -> Iterator[Session]:
    """Loads everything that scores voices against the config's target.

    Args:
        config: of the run.
        events: hear of it.
        started_s: when the command began, on `time.monotonic`; None: now.

    Raises:
        KvwError: the recording, the model, the text or the folder of runs cannot be used.
    """
    from kvoicewalk.store import require_writable

    started_s = time.monotonic() if started_s is None else started_s
    require_writable(config.out_dir)
    with events.stage("load"):
        session = _load(config, read_clips(config.target), events, started_s)
    try:
        yield session
    finally:
        session.evaluator.memory.close()


def _load(
    config: "RunConfig", recordings: "Sequence[Recording]", events: Events, started_s: float
) -> Session:
    from kvoicewalk.environment import read_environment
    from kvoicewalk.evaluate import Evaluator
    from kvoicewalk.languages import DEFAULT_LANG
    from kvoicewalk.scoring.acoustics import make_feature_term
    from kvoicewalk.scoring.scorer import Scorer
    from kvoicewalk.scoring.speaker import open_encoders
    from kvoicewalk.scoring.target import build_target
    from kvoicewalk.store import MeasurementCache

    listener = _listener(config) if config.target.is_transcribed else None
    synthesizer = open_synthesizer(config, events)
    encoders = open_encoders(config.score, synthesizer.model.network.device)
    if config.score.scoring != "classic":
        # Written into the run: going on with it takes the same ones.
        score = config.score.model_copy(update={"encoders": encoders.names})
        config = config.model_copy(update={"score": score})
    if encoders.missing and not synthesizer.model.identity.startswith("mini@"):
        events.note(encoders.missing)
    clips = choose_clips(config.target, recordings, encoders.resemblyzer, events)
    if listener is not None:
        config, clips = _transcribe(config, clips, listener, events)
        recordings = [replace(recordings[0], utterance=clips[0])]  # what Whisper heard
    if config.target.is_text_open:
        config, clips = settle_text(config, recordings, clips, synthesizer.phonemizer, events)
    term = make_feature_term(config.score.scoring)
    target = build_target(_name_of(config.target.paths), clips, encoders, term)
    memory = MeasurementCache.open(read_environment().cache_dir / CACHE_NAME)
    if memory.note:
        events.note(memory.note)
    evaluator = Evaluator(
        synthesizer=synthesizer,
        scorer=Scorer(target, encoders, term, config.score),
        text=config.target.text,
        probe_text=config.target.probe_text,
        seed=config.synth.seed,
        memory=memory,
        lang=config.synth.lang or DEFAULT_LANG,
    )
    return Session(config, synthesizer.model, synthesizer, evaluator, clips, started_s)


def _name_of(paths: "Sequence[Path]") -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return paths[0].name + more


def _listener(config: "RunConfig") -> "Listener":
    """Returns Whisper, not loaded yet.

    Raises:
        ConfigError: it is missing.
    """
    from kvoicewalk.judges import UnavailableError, open_listener

    listener = open_listener(config.judges, None)  # a recording may be in any language
    try:
        listener.require()
    except UnavailableError as error:
        raise ConfigError(TRANSCRIBE, f": Whisper is {error}, or ", GIVE_WORDS) from None
    return listener


def _transcribe(
    config: "RunConfig", clips: "Sequence[Utterance]", listener: "Listener", events: Events
) -> "tuple[RunConfig, list[Utterance]]":
    """Returns the config and the clips with the first clip's words, as Whisper hears them.

    The run is in their language, unless another one was asked for.

    Raises:
        ConfigError: Whisper cannot be loaded, stops by itself, hears no word, or does not know
            the language that was asked for.
    """
    from kvoicewalk.judges import UnavailableError

    try:
        heard = listener.hear(clips[0])
    except UnavailableError as error:
        raise ConfigError(TRANSCRIBE, f": Whisper {error}; ", GIVE_WORDS) from None
    finally:
        listener.close()
    asked = config.synth.lang
    if heard.is_english and asked is not None and asked not in ENGLISH:
        raise ConfigError(
            TRANSCRIBE,
            ": this Whisper understands English alone; run 'kvw setup --judges' for the other, or ",
            GIVE_WORDS,
        )
    text, spoken = heard.text, letter_of(heard.language)
    if not text:
        raise ConfigError(TRANSCRIBE, ": no word was heard; ", GIVE_WORDS)
    events.note(f"heard: {text}")
    # Written into the run: going on with it hears nothing anew.
    if spoken is None and heard.language:
        events.note(
            f"the recording is in a language that Kokoro does not speak ({heard.language}): its "
            "words are left alone."
        )
        target = config.target.model_copy(update={"is_transcribed": False})
        return config.model_copy(update={"target": target}), list(clips)
    if spoken is not None and asked is None:
        config = in_language(config, spoken, "that of the recording, by Whisper", events)
    update = {"words": text, "text": text, "is_text_open": True, "is_transcribed": False}
    target = config.target.model_copy(update=update)
    first = replace(clips[0], text=text)
    return config.model_copy(update={"target": target}), [first, *clips[1:]]


def open_run(store: "RunStore", session: Session, record: "RunRecord | None") -> "Run":
    """Starts a run of this session, or goes on with an earlier one.

    Raises:
        StoreError: its model or its recording is another one now, or its folder cannot be used.
    """
    from kvoicewalk.config_file import dump_config

    identity, target = session.model.identity, session.evaluator.scorer.target
    inputs = {
        "model": identity,
        "target_hash": target.hash,
        "fingerprint": session.evaluator.fingerprint,
    }
    if record is None:
        config = session.config
        run = store.start(config.command, target.name, identity, dump_config(config))
        run.plan("inputs", inputs)
        return run
    kept = store.planned(record.run_id, "inputs")
    for key, what in (("model", "model"), ("target_hash", "recording")):
        if kept is not None and kept.get(key) != inputs[key]:
            raise StoreError(
                f"run {record.run_id} began with another {what} than is there now; start a new run."
            )
    return store.open_run(record)


def is_scored_alike(session: Session, run: "Run") -> bool:
    """Tells whether a run's scores compare with those that this session gives.

    They do not where device, front end or packages are other ones now. Runs of earlier versions did
    not say; theirs are taken as they are.
    """
    kept = run.planned("inputs") or {}
    return kept.get("fingerprint") in (None, session.evaluator.fingerprint)


def scored_anew(session: Session, run: "Run") -> None:
    """Writes down that a run's best voice has this session's scores from now on."""
    kept = run.planned("inputs") or {}
    run.plan("inputs", {**kept, "fingerprint": session.evaluator.fingerprint})


def stock_voices(
    model: "Model", voices_path: Path | None, events: Events | None = None
) -> "list[Voice]":
    """Returns the voices to rank: a folder's or file's, else the model's own.

    Damaged ones are left out; `events` hear which.

    Raises:
        VoiceError: there are none, or all are damaged.
    """
    from kvoicewalk.voices import VoiceLibrary, load_readable

    if voices_path is not None:
        voices, errors = load_readable(VoiceLibrary.open(voices_path))
        if events is not None:
            for error in errors:
                events.warning(Message("left out: ", error))
        return voices
    names = model.voices.names
    if not names:
        raise VoiceError(
            f"model {model.name} has no stock voices here. Run 'kvw setup' to fetch Kokoro's, "
            "or name a folder with ",
            Setting("voices"),
            ".",
        )
    return [model.voices.load(name) for name in names]


def sidecar(
    session: Session, name: str, score: "Score | None", method: str, recipe: str
) -> dict[str, Any]:
    """Returns what is written beside a voice: whose it is, how it was found, what it scored."""
    target = session.evaluator.scorer.target
    return {
        "name": name,
        "model": session.model.identity,
        "model_source": session.config.model.name,
        "lang": session.evaluator.lang,
        "method": method,
        "recipe": recipe,
        "target": target.name,
        "target_hash": target.hash,
        "seed": session.config.synth.seed,
        "scoring": session.config.score.scoring,
        "score": score.score if score else None,
        "target_similarity": score.target_similarity if score else None,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
        "kvw_version": __version__,
    }
