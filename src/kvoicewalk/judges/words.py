"""What is understood: Whisper writes down speech, words are compared with the text."""

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.judges.base import UnavailableError

REPO_ID = "Systran/faster-whisper-base.en"
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
RATE_HZ = 16_000
NOT_INSTALLED = "not installed: pip install 'kvoicewalk[asr]'"


class Listener:
    """Whisper through faster-whisper, on the CPU.

    Source: Radford et al. 2022, Robust speech recognition via large-scale weak supervision.
    """

    def __init__(self, folder: Path | None) -> None:
        """Takes the folder with the model's files; None where they are not there."""
        self._folder = folder
        self._model: Any = None

    def require(self) -> None:
        """See `Judge.require`."""
        if importlib.util.find_spec("faster_whisper") is None:
            raise UnavailableError(NOT_INSTALLED)
        if self._folder is None:
            raise UnavailableError("not fetched: kvw setup --judges")

    def write_down(self, utterance: Utterance) -> str:
        """Returns what was heard.

        Raises:
            UnavailableError: the package or its model is missing.
        """
        self._load()
        samples = resample(utterance.samples, utterance.sample_rate_hz, RATE_HZ)
        segments, _ = self._model.transcribe(
            samples, language="en", beam_size=5, condition_on_previous_text=False, temperature=0.0
        )
        return " ".join(segment.text.strip() for segment in segments).strip()

    def _load(self) -> None:
        if self._model is not None:
            return
        self.require()
        from faster_whisper import WhisperModel

        try:
            self._model = WhisperModel(str(self._folder), device="cpu", compute_type="int8")
        except (OSError, ValueError, RuntimeError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UnavailableError(f"{self._folder} cannot be loaded: {reason}") from error


class WordError:
    """Share of the words that are misheard, left out or added."""

    name = "word_error"
    label = "word error by Whisper (0 best)"

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def require(self) -> None:
        """See `Judge.require`."""
        self._require_jiwer()
        self._listener.require()

    @staticmethod
    def _require_jiwer() -> None:
        if importlib.util.find_spec("jiwer") is None:
            raise UnavailableError(NOT_INSTALLED)

    def judge(self, speech: Sequence[Utterance], target: Sequence[Utterance]) -> float | None:
        """See `Judge.judge`; None for clips whose words are not known."""
        del target
        known = [one for one in speech if one.text]
        if not known:
            return None
        self._require_jiwer()
        import jiwer

        heard = [self._listener.write_down(one) for one in known]
        return float(jiwer.wer([plain(one.text) for one in known], [*map(plain, heard)]))


def plain(text: str) -> str:
    """Returns the words alone: small letters, no marks."""
    return " ".join(re.findall(r"[\w']+", text.lower()))
