"""Wires a config's parts together: clips → target, model → synthesizer, both → evaluator."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kvoicewalk.app.clips import choose_clips, listener_for, read_clips, transcribe
from kvoicewalk.app.events import Events
from kvoicewalk.app.words import settle_text
from kvoicewalk.errors import Message, Setting, StoreError, VoiceError
from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from kvoicewalk.audio import Recording, Utterance
    from kvoicewalk.config import ModelConfig, RunConfig
    from kvoicewalk.evaluate import Evaluator
    from kvoicewalk.models import Model
    from kvoicewalk.scoring.combine import Score
    from kvoicewalk.store import Run, RunRecord, RunStore
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.voices import Voice
    from kvoicewalk.workers.crew import Crew
    from kvoicewalk.workers.spec import EvaluatorSpec

T = TypeVar("T")
_kept: dict[object, Any] | None = None


@dataclass(frozen=True)
class Session:
    """One command's loaded parts.

    Attributes:
        config: resolved.
        model: loaded.
        synthesizer: speaks with it.
        evaluator: scores with both.
        clips: what is used of the target's recordings.
        crew: hears voices with the evaluator, or with others like it.
        started_s: when loading began, on `time.monotonic`.
    """

    config: "RunConfig"
    model: "Model" = field(repr=False)
    synthesizer: "KokoroSynthesizer" = field(repr=False)
    evaluator: "Evaluator" = field(repr=False)
    clips: "Sequence[Utterance]" = field(repr=False)
    crew: "Crew" = field(repr=False)
    started_s: float = 0.0

    @property
    def target_name(self) -> str:
        """Name of the target, as shown to people."""
        return self.evaluator.scorer.target.name


def keep_models() -> None:
    """Keeps what is loaded from now on for the next session that wants the same."""
    global _kept  # noqa: PLW0603
    _kept = {} if _kept is None else _kept


@contextmanager
def models_kept() -> Iterator[None]:
    """Keeps what is loaded for the sessions inside."""
    global _kept  # noqa: PLW0603
    before = _kept
    keep_models()
    try:
        yield
    finally:
        _kept = before


def _keeping(key: object, load: "Callable[[], T]") -> "T":
    """Loads something, or takes what was kept of it."""
    if _kept is None:
        return load()
    if key not in _kept:
        _kept[key] = load()
    found: T = _kept[key]
    return found


def open_synthesizer(config: "RunConfig", events: Events) -> "KokoroSynthesizer":
    """Loads the model and what speaks with it.

    Raises:
        ModelError: the model's files are missing or damaged.
    """
    key = ("synthesizer", config.model, config.synth.speed)
    return _keeping(key, lambda: _load_synthesizer(config, events))


def _load_synthesizer(config: "RunConfig", events: Events) -> "KokoroSynthesizer":
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
    from kvoicewalk.workers.crew import check_workers, open_crew

    started_s = time.monotonic() if started_s is None else started_s
    require_writable(config.out_dir)
    check_workers(config.workers, events.note)
    with contextlib.ExitStack() as stack:
        with events.stage("load"):
            session = _load(config, read_clips(config.target), events, started_s)
            evaluator = session.evaluator
            stack.callback(evaluator.memory.close)
            crew = open_crew(session.config.workers, _spec(session), evaluator, events.warning)
            session = replace(session, crew=stack.enter_context(crew))
        yield session


def _spec(session: Session) -> "EvaluatorSpec":
    """Returns what other evaluators are built from that give the same numbers."""
    from kvoicewalk.workers.spec import EvaluatorSpec

    config, evaluator = session.config, session.evaluator
    return EvaluatorSpec(
        model=config.model,
        speed=config.synth.speed,
        score=config.score,
        target=evaluator.scorer.target,
        text=evaluator.text,
        probe_text=evaluator.probe_text,
        seed=evaluator.seed,
        lang=evaluator.lang,
        identity=session.model.identity,
        fingerprint=evaluator.fingerprint,
    )


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
    from kvoicewalk.store import CACHE_NAME, MeasurementCache
    from kvoicewalk.workers.crew import SerialCrew

    listener = listener_for(config) if config.target.is_transcribed else None
    synthesizer = open_synthesizer(config, events)
    device = synthesizer.model.network.device
    named = ("encoders", config.score.encoders, config.score.scoring, device)
    encoders = _keeping(named, lambda: open_encoders(config.score, device))
    if config.score.scoring != "classic":
        # Written into the run: going on with it takes the same ones.
        score = config.score.model_copy(update={"encoders": encoders.names})
        config = config.model_copy(update={"score": score})
    if encoders.missing and not synthesizer.model.identity.startswith("mini@"):
        events.note(encoders.missing)
    clips = choose_clips(config.target, recordings, encoders.resemblyzer, events)
    if listener is not None:
        config, clips = transcribe(config, clips, listener, events)
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
    crew = SerialCrew(evaluator)
    return Session(config, synthesizer.model, synthesizer, evaluator, clips, crew, started_s)


def _name_of(paths: "Sequence[Path]") -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return paths[0].name + more


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
