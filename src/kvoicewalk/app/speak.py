"""A voice speaks a text: `speak`, piece by piece."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.errors import SynthError

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.decode import Samples
    from kvoicewalk.reading import Piece, Reading
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.voices import Voice


MARGIN_S = 0.05
QUIET_SHARE = 0.005  # −46 dB: of a piece's peak; Kokoro-82M's silence is below −68


@dataclass(frozen=True)
class SpokenPiece:
    """One piece of a text, spoken.

    Attributes:
        text: "" for a pause.
        samples: float32 (n_samples,), mono, 24 kHz.
        n_chunks: that it was spoken in.
    """

    text: str
    samples: "Samples"
    n_chunks: int


@dataclass(frozen=True)
class Speaker:
    """A voice that is ready to speak a text.

    Attributes:
        synthesizer: speaks.
        voice: that it speaks with.
        lang: language letter of the text.
        seed: of the noise.
        reading: the text in pieces.
    """

    synthesizer: "KokoroSynthesizer"
    voice: "Voice"
    lang: str
    seed: int
    reading: "Reading"

    def speak(self, n_pieces: int = 0, n_chunks: int = 0) -> Iterator[SpokenPiece]:
        """Yields piece after piece; none is kept.

        Args:
            n_pieces: that are spoken already, from the beginning.
            n_chunks: that these were spoken in.

        Raises:
            SynthError: a piece cannot be spoken, or none holds anything to speak.
        """
        pieces = self.reading.pieces
        for place in range(n_pieces, len(pieces)):
            spoken = self._speak_piece(pieces[place], n_chunks)
            n_chunks += spoken.n_chunks
            is_first, is_last = place == 0, place == len(pieces) - 1
            yield replace(spoken, samples=_trimmed(spoken.samples, is_first, is_last))
        if n_chunks == 0:
            raise SynthError("the text holds nothing that can be spoken; give at least one word.")

    def _speak_piece(self, piece: "Piece", n_chunks: int) -> SpokenPiece:
        import numpy as np

        from kvoicewalk.audio import SAMPLE_RATE_HZ
        from kvoicewalk.reading import Pause
        from kvoicewalk.seeds import chunk_seed

        if isinstance(piece, Pause):
            n_samples = round(max(0.0, piece.seconds - 2 * MARGIN_S) * SAMPLE_RATE_HZ)
            return SpokenPiece("", np.zeros(n_samples, dtype=np.float32), 0)
        chunks = self.synthesizer.phonemizer.phonemize_marked(piece.text, self.lang).chunks
        parts = [
            self.synthesizer.speak_once(
                chunk, self.voice, seed=chunk_seed(self.seed, n_chunks + number)
            )
            for number, chunk in enumerate(chunks)
        ]
        samples = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
        return SpokenPiece(piece.text, samples, len(chunks))

    def key(self) -> dict[str, str]:
        """Returns all that decides the sound, each by what people call it."""
        from kvoicewalk.fingerprint import speech_versions
        from kvoicewalk.version import __version__

        pieces = hashlib.sha256()
        for piece in self.reading.pieces:
            pieces.update(repr(piece).encode("utf-8", "backslashreplace") + b"\n")
        return {
            "text or pauses": pieces.hexdigest(),
            "voice": self.voice.hash,
            "model, speed or device": self.synthesizer.identity,
            "language": self.lang,
            "seed": str(self.seed),
            "versions of kvw and its packages": f"kvw {__version__} {speech_versions()}",
        }


def _trimmed(samples: "Samples", is_first: bool, is_last: bool) -> "Samples":
    """Returns a piece without the silence at its ends, so that a pause is as long as it says.

    A margin stays, and is part of the pause. The beginning of the first piece and the end of the
    last one stay as they are: a single piece is what the synthesizer gives.
    """
    import numpy as np

    from kvoicewalk.audio import SAMPLE_RATE_HZ

    level = np.abs(samples)
    heard = np.flatnonzero(level > QUIET_SHARE * level.max(initial=0.0))
    if heard.size == 0:
        return samples
    margin = round(MARGIN_S * SAMPLE_RATE_HZ)
    start = 0 if is_first else max(0, int(heard[0]) - margin)
    end = samples.size if is_last else int(heard[-1]) + 1 + margin
    return samples[start:end]


def open_speaker(config: "RunConfig", voice: "Voice | str", text: str, events: Events) -> Speaker:
    """Reads a text, and loads a voice and its model to speak it with.

    Args:
        config: with model, seed, language, speed, and how a text is read.
        voice: a voice, or what names one.
        text: of any length.
        events: hear of it.

    Raises:
        KvwError: the voice, the model or the text cannot be used.
    """
    from kvoicewalk.app.session import open_synthesizer
    from kvoicewalk.app.voice_spec import (
        find_voice,
        lang_of_voice,
        refuse_other_models,
        tell_odd_voices,
    )
    from kvoicewalk.languages import DEFAULT_LANG
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.reading import read
    from kvoicewalk.voices import voice_lang

    specs = [voice] if isinstance(voice, str) else []
    own_lang = lang_of_voice(voice) if isinstance(voice, str) else voice_lang(voice.name)
    lang = config.synth.lang or own_lang or DEFAULT_LANG
    style = config.speak
    reading = read(  # before the slow part, as all that may be refused
        text,
        lang,
        pause_s=style.pause_s,
        is_plain=style.is_plain,
        note=events.note,
        warn=events.warning,
    )
    if isinstance(voice, str):
        voice = find_voice(voice, stock_voice_source(config.model.name))
    with events.stage("load"):
        synthesizer = open_synthesizer(config, events)
    identity = synthesizer.model.identity
    refuse_other_models(specs, identity)
    tell_odd_voices([voice], identity, events.warning)
    return Speaker(synthesizer, voice, lang, config.synth.seed, reading)


def speak_voice(
    config: "RunConfig", voice: "Voice | str", text: str, events: Events
) -> "Utterance":
    """Speaks a text into memory; see `open_speaker`."""
    import numpy as np

    from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance

    speaker = open_speaker(config, voice, text, events)
    with events.stage("speak", n_characters=speaker.reading.n_characters):
        samples = np.concatenate([piece.samples for piece in speaker.speak()])
    return Utterance(samples, SAMPLE_RATE_HZ, text)


def stream_voice(
    config: "RunConfig", voice: "Voice | str", text: str, events: Events
) -> "Iterator[Utterance]":
    """Speaks a text piece by piece, pauses as utterances without text; see `open_speaker`."""
    return _utterances(open_speaker(config, voice, text, events))


def _utterances(speaker: Speaker) -> "Iterator[Utterance]":
    from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance

    for piece in speaker.speak():
        yield Utterance(piece.samples, SAMPLE_RATE_HZ, piece.text)
