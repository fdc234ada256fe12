"""Changes how a voice speaks: pitch, liveliness, pace and brightness, by the same gradient.

The result is a plain voice, so it sounds like that in every program. Pitch, liveliness and pace
move the prosody half, through what the model itself predicts: no speech is made, and the timbre
half stays as it is. Brightness moves the timbre half, and the speaker encoders hold the speaker.
They do not where pitch moves: they take another pitch for another speaker, and would change the
timbre to make up for it.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kvoicewalk.app.events import Events
from kvoicewalk.errors import ConfigError, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kvoicewalk.config import RunConfig
    from kvoicewalk.loss import LossTerm, ProsodyChange
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.voices import Voice

N_LESSONS = 60  # by the predictor alone
N_SPOKEN_LESSONS = 24  # where speech is made
SPEAKER_WEIGHT, BRIGHTNESS_WEIGHT = 1.0, 0.2
MAX_SEMITONES, MAX_RATIO, MAX_DB = 12.0, 2.0, 12.0


@dataclass(frozen=True)
class Adjustment:
    """What is to change; the defaults change nothing.

    Attributes:
        pitch_semitones: of the median pitch; above 0 is higher.
        liveliness: ratio of the pitch's range; above 1 is livelier, below flatter.
        pace: ratio of the speed; above 1 is faster.
        brightness_db: power above 2.5 kHz; above 0 is brighter, below darker.
    """

    pitch_semitones: float = 0.0
    liveliness: float = 1.0
    pace: float = 1.0
    brightness_db: float = 0.0

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
            ConfigError: one is out of range, or nothing is to change.
        """
        semitones, decibels = (-MAX_SEMITONES, MAX_SEMITONES), (-MAX_DB, MAX_DB)
        ratios = (1 / MAX_RATIO, MAX_RATIO)
        given = (
            (self.pitch_semitones, semitones, Setting("pitch_semitones", self.pitch_semitones)),
            (self.liveliness, ratios, Setting("liveliness", self.liveliness)),
            (self.pace, ratios, Setting("pace", self.pace)),
            (self.brightness_db, decibels, Setting("brightness_db", self.brightness_db)),
        )
        for value, (low, high), setting in given:
            if not low <= value <= high:
                raise ConfigError(setting, f" is out of range: {low:g} to {high:g}.")
        if not self.moves_prosody and not self.brightness_db:
            raise ConfigError(
                "nothing is to change; give ", Setting("pitch_semitones"), ", ",
                Setting("liveliness"), ", ", Setting("pace"), " or ", Setting("brightness_db"), ".",
            )  # fmt: skip

    @property
    def moves_prosody(self) -> bool:
        """True where pitch, its range or pace change."""
        return bool(self.pitch_semitones) or self.liveliness != 1.0 or self.pace != 1.0

    @property
    def moves_timbre(self) -> bool:
        """True where the timbre half changes, which takes speech."""
        return bool(self.brightness_db)


def adjust_voice(
    config: "RunConfig", spec: "str | Voice", wanted: Adjustment, events: Events
) -> "Voice":
    """Returns a voice with what is to change changed.

    Args:
        config: model, seed, language.
        spec: a file, a stock voice's name, a mix, or a voice.
        wanted: the change.
        events: hear of it.

    Raises:
        KvwError: an input cannot be used.
    """
    from kvoicewalk.app.method import short_texts
    from kvoicewalk.app.session import open_synthesizer, stock_voices
    from kvoicewalk.app.voice_spec import find_voice
    from kvoicewalk.languages import DEFAULT_LANG
    from kvoicewalk.loss import GradientLoss
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.space import describe_population, make_smooth_space
    from kvoicewalk.texts import texts_of

    with events.stage("load"):
        synthesizer = open_synthesizer(config, events)
    voice = find_voice(spec, synthesizer.model.voices) if isinstance(spec, str) else spec
    lang = config.synth.lang or DEFAULT_LANG
    texts = short_texts(synthesizer.phonemizer, texts_of(lang).lessons, lang)
    population = describe_population(stock_voices(synthesizer.model, None))
    only: Literal["timbre", "prosody"] | None = None if wanted.moves_timbre else "prosody"
    if not wanted.moves_prosody:
        only = "timbre"
    space = make_smooth_space("shared", voice, population, only)
    with events.stage("adjust"):
        change = _change(synthesizer, voice, wanted, texts, lang)
        terms = _terms(config, synthesizer, voice, wanted, texts) if wanted.moves_timbre else ()
        loss = GradientLoss(
            synthesizer, terms, voice, change, texts, config.gradient, config.synth.seed, lang
        )
        descent = GradientDescent(space, loss.sample, None, config.gradient)
        return descent.learn(N_SPOKEN_LESSONS if wanted.moves_timbre else N_LESSONS, voice.name)


def _change(
    synthesizer: "KokoroSynthesizer",
    voice: "Voice",
    wanted: Adjustment,
    texts: "Sequence[str]",
    lang: str,
) -> "ProsodyChange":
    from kvoicewalk.loss import ProsodyChange
    from kvoicewalk.scoring.prosody import measure_prosody

    span = None
    if wanted.liveliness != 1.0:
        spoken = [synthesizer.speak(text, voice, seed=0, lang=lang) for text in texts[:2]]
        own = measure_prosody(spoken).range_semitones
        span = None if own is None else (wanted.liveliness - 1) * own
    # What is not to change is held: an aim of no change, where anything of it moves.
    is_moved = wanted.moves_prosody
    return ProsodyChange(
        wanted.pitch_semitones if is_moved else None,
        (span or 0.0) if is_moved else None,
        -math.log(wanted.pace) if is_moved else None,
    )


def _terms(
    config: "RunConfig",
    synthesizer: "KokoroSynthesizer",
    voice: "Voice",
    wanted: Adjustment,
    texts: "Sequence[str]",
) -> "list[LossTerm]":
    import torch

    from kvoicewalk.brightness import BrightnessTerm, brightness_db
    from kvoicewalk.languages import DEFAULT_LANG
    from kvoicewalk.loss import SpeakerTerm
    from kvoicewalk.scoring.speaker import open_encoders, pool

    lang = config.synth.lang or DEFAULT_LANG
    encoders = open_encoders(config.score, synthesizer.model.network.device)
    spoken = [synthesizer.speak(text, voice, seed=0, lang=lang) for text in texts]
    own = pool([encoders.embed(one) for one in spoken])
    holding: list[LossTerm] = [
        SpeakerTerm(
            one.name,
            SPEAKER_WEIGHT / len(encoders.members),
            twin := one.differentiable(config.gradient.partials_per_s),
            torch.from_numpy(own[one.name]).to(twin.device),
        )
        for one in encoders.members
    ]
    aims = {
        synthesizer.phonemizer.phonemize(text, lang).chunks[0]: wanted.brightness_db
        + float(brightness_db(torch.from_numpy(one.samples)))
        for text, one in zip(texts, spoken, strict=True)
    }
    return [*holding, BrightnessTerm(BRIGHTNESS_WEIGHT, aims)]
