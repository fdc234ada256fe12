"""Every option of a run, frozen and checked; every default lives here and nowhere else.

One model per stage; each function gets the part that it needs. A `RunConfig` is written into
the run's folder as `config.json`, and that file runs the run again. Where a key is removed,
renamed or comes to mean something else, `CONFIG_VERSION` is raised and `config_file` gets a step
that leads older files on.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kvoicewalk import defaults
from kvoicewalk.errors import Message, Setting
from kvoicewalk.languages import DEFAULT_LANG, LETTERS
from kvoicewalk.texts import Texts, texts_of

CONFIG_VERSION = 2

EncoderName = Literal["resemblyzer", "campplus"]
ENCODER_NAMES: tuple[EncoderName, ...] = ("resemblyzer", "campplus")
GATE_SHARE, CLOSE_GATE_SHARE = 0.98, 0.998
GLANCE_SHARE = 0.995
CLASSIC_WALK = {
    "method": "random", "size_range": (0.01, 0.15), "n_seeds": 1, "noise_margin": 0.0,
}  # fmt: skip


class _Frozen(BaseModel):
    """Immutable; an unknown key is an error that names the valid ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


CHANNEL_PATTERN = "^(left|right|[1-9][0-9]?)$"


class RecordingLimits(_Frozen):
    """What a recording must be to serve as a target, and from where on it is graded down.

    No clean recording is graded down; a "note" costs about 0.1 of likeness to the clean recording,
    a "bad" about 0.2. Source: benchmarks/doctor_calibration.py, its figures in docs/doctor.md.
    """

    min_speech_s: float = Field(1.6, gt=0, description="refused below: one window of the encoder")
    short_s: float = Field(10.0, gt=0, description="note below")
    part_min_s: float = Field(20.0, gt=0, description="a part is no shorter where speech allows")
    long_s: float = Field(30.0, gt=0, description="only the best part is used above")
    max_s: float = Field(3600.0, gt=0, description="refused above, before decoding")
    min_speech_share: float = Field(0.5, ge=0, le=1, description="note below")
    quiet_dbfs: float = Field(-45.0, description="note below")
    offset_share: float = Field(0.05, gt=0, description="of the RMS: taken out above")
    drift_share: float = Field(0.1, gt=0, description="of the RMS: note above")
    snr_db: tuple[float, float] = Field((19.0, 14.0), description="note below, bad below")
    narrow_hz: float = Field(4250.0, gt=0, description="bad up to: a telephone's band")
    clipped_share: tuple[float, float] = Field((3e-4, 1e-2), description="note and bad above")
    tone_share: tuple[float, float] = Field((0.08, 0.15), description="note and bad above")
    voice_likeness: tuple[float, float] = Field((0.82, 0.75), description="note and bad below")
    clip_likeness: tuple[float, float] = Field((0.75, 0.65), description="note and bad below")


class ModelConfig(_Frozen):
    """Which synthesizer speaks, and on what."""

    name: str = Field(defaults.MODEL, min_length=1, description="kokoro, mini or a folder")
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    n_threads: int | None = Field(
        None, ge=1, le=defaults.MAX_THREADS, description="torch threads; None: its own"
    )
    n_together: int | None = Field(
        None, ge=1, le=256, description="voices spoken in one pass; None: 8 on a GPU, else 1"
    )


class TargetConfig(_Frozen):
    """The recordings to imitate and the texts that the search speaks."""

    paths: tuple[Path, ...] = Field((), description="clips of one speaker")
    words: str | None = Field(
        None, min_length=1, description="what the first recording says; None: unknown"
    )
    text: str = Field(
        default_factory=lambda: texts_of().target, min_length=1, description="what is spoken"
    )
    is_text_open: bool = Field(
        False, description="text follows from the words, once it is known that they fit"
    )
    is_transcribed: bool = Field(False, description="words are to be written down by Whisper")
    probe_text: str = Field(default_factory=lambda: texts_of().probe, min_length=1)
    texts_lang: str | None = Field(
        None,
        pattern=f"^[{LETTERS}]$",
        description="whose texts are spoken where none are given; None: that of synth",
    )
    channel: str | None = Field(
        None,
        pattern=CHANNEL_PATTERN,
        description="left, right or a number from 1; None: those that hold the voice",
    )
    limits: RecordingLimits = RecordingLimits()

    @model_validator(mode="before")
    @classmethod
    def _text_from_words(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("words") is not None and data.get("text") is None:
            return {**data, "text": data["words"], "is_text_open": True}
        return data

    @field_validator("words", "text", "probe_text")
    @classmethod
    def _not_blank(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("a text needs at least one word")
        return value


class SynthConfig(_Frozen):
    """How texts are spoken."""

    seed: int = Field(defaults.SEED, ge=0, le=defaults.MAX_SEED)
    lang: str | None = Field(
        None,
        pattern=f"^[{LETTERS}]$",
        description="None: that of the words, of the start or of the voices; else a",
    )
    speed: float = Field(defaults.SPEED, ge=defaults.SPEED_RANGE[0], le=defaults.SPEED_RANGE[1])


class SpeakConfig(_Frozen):
    """How `speak` reads a text; no search or score does."""

    pause_s: float = Field(
        defaults.PAUSE_S, ge=0, le=defaults.MAX_PAUSE_S, description="between two paragraphs"
    )
    is_plain: bool = Field(False, description="markdown, SSML and other marks are not honoured")
    format: Literal["wav", "flac", "mp3", "opus"] | None = Field(
        None, description="of the file; None: by its ending, else wav"
    )


class ScoreConfig(_Frozen):
    """How likeness is counted. Weights: RobViren/kvoicewalk `utilities/fitness_scorer.py`."""

    scoring: Literal["scaled", "classic"] = "scaled"
    weights: tuple[float, float, float] = (0.48, 0.50, 0.02)
    encoders: tuple[EncoderName, ...] | None = Field(
        None, min_length=1, description="that lead; None: all that are there; classic: Resemblyzer"
    )

    @field_validator("weights")
    @classmethod
    def _usable(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) < 0 or sum(value) <= 0:
            raise ValueError("weights are at least 0, and one is more")
        return value


class RankConfig(_Frozen):
    """How stock voices are ranked."""

    is_full: bool = Field(False, description="score every voice fully; no screening")
    screening_text: str = Field(default_factory=lambda: texts_of().screening, min_length=1)
    shortlist_share: float = Field(0.45, gt=0, le=1, description="of voices, heard in full length")
    finalist_share: float = Field(0.2, gt=0, le=1, description="of voices, scored fully")
    n_finalists_min: int = Field(5, ge=1)
    n_known_heard: int = Field(6, ge=0, description="of voices measured before, scored fully")
    voices_path: Path | None = Field(None, description="None: the model's own stock voices")


class PopulationConfig(_Frozen):
    """Which voices a search starts from."""

    voices: tuple[str, ...] = Field((), description="likest first; none: they are ranked first")
    n_voices: int = Field(defaults.N_START_VOICES, ge=2, le=100, description="the likest ranked")
    floor: str | None = Field(None, description="the best stock voice; None: the likest")


class InterpolateConfig(_Frozen):
    """Which blends of stock voices are tried. Source of the grid: RobViren/kvoicewalk."""

    max_alpha: float = Field(1.5, ge=1, le=3, description="1 is a voice itself")
    step: float = Field(0.1, ge=0.05, le=1, description="of the grid")
    is_exhaustive: bool = Field(False, description="every pair at every step of the grid")
    n_fine_pairs: int = Field(10, ge=1, description="pairs that are closed in on")


class WalkConfig(_Frozen):
    """How `walk` moves, what it keeps and when it stops.

    With `params` classic the defaults are the original's: one seed, no margin, sizes 0.01 to 0.15,
    gate 0.98.
    """

    method: Literal["random", "cma", "gradient", "auto"] = "auto"
    params: Literal["classic", "shared", "pca"] | None = Field(
        None, description="None: pca for random and cma, shared for gradient and auto"
    )
    only: Literal["timbre", "prosody"] | None = None
    start: str | None = Field(
        None,
        min_length=1,
        description="a voice; None: the likest for gradient and auto, else the mean",
    )
    n_steps: int | None = Field(
        None, ge=1, description="None: 40, 15 or 300 by method, no limit beside minutes"
    )
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False, description="None: no limit")
    patience: int | None = Field(None, ge=1, description="steps without improvement; None: any")
    gate_share: float | None = Field(
        None, ge=0, le=1, description="of the incumbent's target similarity; None: by method"
    )
    size_range: tuple[float, float] = (0.03, 0.3)
    is_adaptive: bool = Field(False, description="step size by the one-fifth success rule")
    start_size: float = Field(0.15, gt=0, description="of adapted steps, in units of the spread")
    n_seeds: int = Field(2, ge=1, le=100, description="that an improvement must hold under")
    noise_margin: float = Field(1.0, ge=0, description="standard errors that a gain must exceed")
    min_gain: float = Field(0.1, ge=0, description="points; up to this no second seed is asked")
    led_loss: float = Field(0.5, ge=0, description="points that a closer gradient step may cost")
    sure_gain: float = Field(2.0, gt=0, description="points that no second seed need confirm")
    n_kept: int = Field(defaults.N_KEPT, ge=1, description="improvements whose files stay")
    batch_size: int | None = Field(
        None, ge=1, le=4096, description="proposed at once; None: as many as are heard at once"
    )
    n_islands: int = Field(1, ge=1, le=defaults.MAX_ISLANDS, description="searches side by side")
    migrate_every: int = Field(
        4, ge=1, description="batches until the best candidate goes to the worst island"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_the_original(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("params") == "classic":
            return {**CLASSIC_WALK, **data}
        return data

    @field_validator("size_range")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1]:
            raise ValueError("sizes are above 0, the lower one first")
        return value

    @model_validator(mode="after")
    def _classic_is_whole(self) -> "WalkConfig":
        smooth = Setting("params", "shared", "pca")
        if self.params == "classic" and self.only is not None:
            raise ValueError(
                Message(Setting("only"), " needs ", smooth, "; classic moves every number")
            )
        if self.params == "classic" and self.method != "random":
            params, method = Setting("params", "classic"), Setting("method", "random")
            raise ValueError(Message(params, " goes with ", method, f", not {self.method}"))
        return self

    @property
    def space(self) -> Literal["classic", "shared", "pca"]:
        """What moves: as configured, else what suits the method."""
        return self.params or ("shared" if self.is_led else "pca")

    @property
    def is_led(self) -> bool:
        """True where a gradient leads."""
        return self.method in ("gradient", "auto")

    @property
    def gate(self) -> float:
        """Share of the incumbent's target similarity below which a candidate is not heard out.

        As configured, else the original's; closer where small steps score each by itself: of 41
        acceptances of three walks none lay below 0.999. Source: benchmarks/gates.py.
        """
        if self.gate_share is not None:
            return self.gate_share
        return CLOSE_GATE_SHARE if self._has_small_steps else GATE_SHARE

    @property
    def glance_gate(self) -> float | None:
        """The same share at a glance, by every second window of the encoder; None: no glance.

        Of the same 41 acceptances none lay below. Source: benchmarks/gates.py.
        """
        return GLANCE_SHARE if self.gate_share is None and self._has_small_steps else None

    @property
    def _has_small_steps(self) -> bool:
        return self.method == "random" and self.space != "classic"

    @property
    def step_budget(self) -> int | None:
        """Steps at most; None where only the time counts."""
        if self.n_steps is not None or self.minutes is not None:
            return self.n_steps
        return defaults.STEPS[self.method]


class HeldOutConfig(_Frozen):
    """How a found voice is judged on texts that the search never spoke."""

    is_wanted: bool = True
    n_seeds: int = Field(2, ge=1, le=100)
    has_judges: bool = Field(True, description="second judges, where they are installed")


class JudgesConfig(_Frozen):
    """Where the models of the second judges lie, if not in the hub's cache."""

    whisper_dir: Path | None = Field(
        None, description="a converted model for faster-whisper; None: KVW_WHISPER_DIR"
    )
    wavlm_dir: Path | None = Field(
        None, description="microsoft/wavlm-base-plus-sv; None: KVW_WAVLM_DIR"
    )


class GradientConfig(_Frozen):
    """How `gradient` learns: Adam on one short text after another. Measured: docs/gradient.md."""

    n_lessons: int = Field(24, ge=1, description="between two judgements")
    first_lessons: int = Field(
        6, ge=1, description="before the first judgement; twice as many before each until n_lessons"
    )
    n_steps: int = Field(15, ge=1, description="of auto, at most; then it polishes")
    patience: int = Field(4, ge=1, description="of auto: steps without improvement, likewise")
    rate: float = Field(0.2, gt=0, description="first step of each number, in units of the space")
    rate_span: float = Field(40, gt=0, description="lessons until the step is smaller by √2")
    betas: tuple[float, float] = (0.9, 0.99)
    averaging: float = Field(8, ge=0, description="of the path: 0 the mean of all, more: recent")
    prior_weight: float = Field(0.03, ge=0)
    pitch_weight: float = Field(0.05, ge=0)
    range_weight: float = Field(0.05, ge=0)
    pace_weight: float = Field(0.05, ge=0)
    encoder_shares: dict[str, float] = Field(
        default_factory=lambda: {"resemblyzer": 0.4, "campplus": 0.6},
        description="of the loss, by each encoder that leads",
    )
    is_balanced: bool = Field(
        True, description="of several encoders the less satisfied one leads; False: all alike"
    )
    is_confirmed: bool = Field(
        False, description="a small gain must hold under a second seed, as up to version 0.1.0"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of the vocoder in lessons; auto: bfloat16 where the CPU computes in it"
    )
    partials_per_s: float = Field(0.65, ge=0.63, le=1.3, description="windows that are embedded")
    batch_size: int | None = Field(
        None, ge=1, le=256, description="lessons a step; None: that of walk"
    )


class CmaConfig(_Frozen):
    """How `cma` starts."""

    start_size: float = Field(0.3, gt=0, description="first step size, in units of the space")
    n_candidates: int | None = Field(None, ge=4, description="a generation; None: by dimension")
    growth: int = Field(2, ge=1, description="of the generation at each restart")


class WorkersConfig(_Frozen):
    """Who hears the voices; no number of a result hangs on it but `walk.batch_size`."""

    n_workers: int = Field(1, ge=1, le=defaults.MAX_WORKERS, description="1: this process alone")
    executor: Literal["processes", "ray"] = "processes"
    address: str = Field("auto", min_length=1, description="of Ray: local, auto or HOST:PORT")
    gpus_per_worker: float = Field(0.0, ge=0, le=16, description="of Ray: share of a GPU")

    @property
    def is_beside(self) -> bool:
        """True where others than this process hear."""
        return self.n_workers > 1 or self.executor == "ray"


class RunConfig(_Frozen):
    """All that decides a run's result, and where it goes."""

    version: int = Field(CONFIG_VERSION, ge=CONFIG_VERSION, le=CONFIG_VERSION)
    command: str
    model: ModelConfig = ModelConfig()
    target: TargetConfig = Field(default_factory=TargetConfig)
    synth: SynthConfig = SynthConfig()
    speak: SpeakConfig = SpeakConfig()
    score: ScoreConfig = ScoreConfig()
    rank: RankConfig = Field(default_factory=RankConfig)
    population: PopulationConfig = PopulationConfig()
    interpolate: InterpolateConfig = InterpolateConfig()
    walk: WalkConfig = WalkConfig()
    gradient: GradientConfig = GradientConfig()
    cma: CmaConfig = CmaConfig()
    held_out: HeldOutConfig = HeldOutConfig()
    judges: JudgesConfig = JudgesConfig()
    workers: WorkersConfig = WorkersConfig()
    out_dir: Path = Path(defaults.OUT_DIR)

    @property
    def texts(self) -> Texts:
        """The texts that are spoken where none are given."""
        return texts_of(self.target.texts_lang or self.synth.lang or DEFAULT_LANG)
