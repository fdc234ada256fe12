"""espeak-ng through its library, which espeakng-loader bundles: text → waveform."""

import ctypes
from pathlib import Path

import espeakng_loader
import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance

# Source of all numbers: espeak-ng src/include/espeak-ng/speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
PARAMETER_RATE, PARAMETER_PITCH, PARAMETER_RANGE = 1, 3, 4
CHARS_UTF8 = 1
ESPEAK_RATE_HZ = 22_050
UP, DOWN = 160, 147  # 22050 · 160 / 147 = 24000

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """One espeak-ng engine; the library allows one a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data_path = espeakng_loader.get_data_path().encode()
        rate_hz = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path, 0)
        if rate_hz != ESPEAK_RATE_HZ:
            raise RuntimeError(f"espeak-ng runs at {rate_hz} Hz, expected {ESPEAK_RATE_HZ}")
        self._parts: list[npt.NDArray[np.int16]] = []
        self._callback = _Callback(self._collect)  # kept: C holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(
        self, text: str, variant: str, rate: int = 160, pitch: int = 50, pitch_range: int = 50
    ) -> Utterance:
        """Speaks American English.

        Args:
            text: what to say.
            variant: a file name of `voices/!v` in espeak-ng's data.
            rate: words a minute.
            pitch: 0 to 100, 50 is the variant's own.
            pitch_range: 0 to 100, 50 is the variant's own.
        """
        if variant not in variants():
            raise ValueError(f"espeak-ng has no variant {variant!r}")
        self._parts.clear()
        self._library.espeak_SetVoiceByName(f"en-us+{variant}".encode())
        for parameter, value in (
            (PARAMETER_RATE, rate),
            (PARAMETER_PITCH, pitch),
            (PARAMETER_RANGE, pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._parts).astype(np.float32) / 32768
        resampled = resample_poly(samples, UP, DOWN).astype(np.float32)
        return Utterance(resampled, SAMPLE_RATE_HZ, text)

    def _collect(self, samples: object, n_samples: int, _events: object) -> int:
        if n_samples > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        return 0


def variants() -> tuple[str, ...]:
    """Returns the names of all voice variants that espeak-ng brings, sorted."""
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))
