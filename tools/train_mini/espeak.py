"""espeak-ng through its library, which espeakng-loader bundles: text → waveform, phoneme times."""

import ctypes
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader
import numpy as np
import numpy.typing as npt
import soxr

from kvoicewalk.audio import SAMPLE_RATE_HZ

# Source of all numbers: espeak-ng src/include/espeak-ng/speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
PHONEME_EVENTS, PHONEME_IPA = 1, 2
PARAMETER_RATE, PARAMETER_PITCH, PARAMETER_RANGE = 1, 3, 4
CHARS_UTF8 = 1
EVENT_END, EVENT_PHONEME = 0, 7
ESPEAK_RATE_HZ = 22_050


class _Id(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Manner:
    """How one made-up speaker uses espeak-ng.

    Attributes:
        variant: a file name of `voices/!v` in espeak-ng's data.
        formant_scale: all frequencies times this; above 1 is a shorter vocal tract.
        rate: words a minute, as heard.
        pitch: espeak-ng's parameter, 0 to 100; 50 is the variant's own.
        pitch_range: the same for the range of the pitch.
    """

    variant: str
    formant_scale: float = 1.0
    rate: int = 160
    pitch: int = 50
    pitch_range: int = 50


@dataclass(frozen=True)
class TimedSpeech:
    """Speech with the time of each phoneme.

    Attributes:
        samples: float32 (n_samples,) at 24 kHz.
        phonemes: espeak-ng's names in IPA, in order.
        starts_s: float64 (n_phonemes,), each ends where the next begins.
    """

    samples: npt.NDArray[np.float32]
    phonemes: tuple[str, ...]
    starts_s: npt.NDArray[np.float64]


class Espeak:
    """One espeak-ng engine; the library allows one a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data_path = espeakng_loader.get_data_path().encode()
        rate_hz = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path, PHONEME_EVENTS | PHONEME_IPA
        )
        if rate_hz != ESPEAK_RATE_HZ:
            raise RuntimeError(f"espeak-ng runs at {rate_hz} Hz, expected {ESPEAK_RATE_HZ}")
        self._parts: list[npt.NDArray[np.int16]] = []
        self._events: list[tuple[int, str]] = []
        self._callback = _Callback(self._collect)  # kept: C holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, manner: Manner) -> TimedSpeech:
        """Speaks American English."""
        if manner.variant not in variants():
            raise ValueError(f"espeak-ng has no variant {manner.variant!r}")
        self._parts.clear()
        self._events.clear()
        self._library.espeak_SetVoiceByName(f"en-us+{manner.variant}".encode())
        for parameter, value in (
            # Played faster, everything is higher and shorter; so it is spoken slower first.
            (PARAMETER_RATE, round(manner.rate / manner.formant_scale)),
            (PARAMETER_PITCH, manner.pitch),
            (PARAMETER_RANGE, manner.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._parts).astype(np.float32) / 32768
        rate_hz = ESPEAK_RATE_HZ * manner.formant_scale
        return TimedSpeech(
            samples=soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ, quality="HQ"),
            phonemes=tuple(name for _, name in self._events),
            starts_s=np.array([sample for sample, _ in self._events]) / rate_hz,
        )

    def _collect(self, samples: object, n_samples: int, events: object) -> int:
        if n_samples > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        index = 0
        while events[index].type != EVENT_END:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            if event.type == EVENT_PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "ignore")
                self._events.append((event.sample, name))
            index += 1
        return 0


def variants() -> tuple[str, ...]:
    """Returns the names of all voice variants that espeak-ng brings, sorted."""
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))


def training_variants() -> tuple[str, ...]:
    """Returns the variants that the embedded model learns from; all others stay unseen."""
    path = Path(__file__).with_name("training_variants.txt")
    return tuple(path.read_text(encoding="utf-8").split())
