"""What is understood: Whisper writes down speech, words are compared with the text."""

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import unicodedata
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.english import spell_out
from kvoicewalk.judges.base import UnavailableError, require_files
from kvoicewalk.languages import DEFAULT_LANG, ENGLISH

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
NEEDED = ("config.json", "model.bin")  # other conversions name their vocabulary otherwise
RATE_HZ = 16_000
# Of Whisper's process. Without it the library crashed while it heard, in about every other process;
# whatever its value was, with it never (ctranslate2 4.8.5 on an AMD processor).
ENVIRONMENT = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
NOT_INSTALLED = "not installed: pip install 'kvoicewalk[asr]'"


class Listener:
    """Whisper through faster-whisper, on the CPU, in a process of its own (see `whisper_process`).

    Source: Radford et al. 2022, Robust speech recognition via large-scale weak supervision.
    """

    def __init__(self, folder: Path | None) -> None:
        """Takes the folder with the model's files; None where they are not there."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def require(self) -> None:
        """See `Judge.require`."""
        if importlib.util.find_spec("faster_whisper") is None:
            raise UnavailableError(NOT_INSTALLED)
        require_files(self._folder, NEEDED)

    def write_down(self, utterance: Utterance) -> str:
        """Returns what was heard.

        Raises:
            UnavailableError: the package or its model is missing, or it ended by itself, twice.
        """
        samples = resample(utterance.samples, utterance.sample_rate_hz, RATE_HZ)
        question = samples.astype("<f4", copy=False).tobytes()
        try:
            return self._heard(question)
        except _EndedError:  # another process may not crash
            return self._heard(question)

    def close(self) -> None:
        """Ends the process; the next question starts another one."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def _heard(self, question: bytes) -> str:
        try:
            return self._ask(self._process or self._start(), question)
        except BaseException:  # also Ctrl-C: half a question cannot be taken back
            self.close()
            raise

    def _start(self) -> "subprocess.Popen[bytes]":
        self.require()
        program = Path(__file__).with_name("whisper_process.py")
        try:
            self._process = process = subprocess.Popen(
                [sys.executable, str(program), str(self._folder), *map(str, sys.path)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**ENVIRONMENT, **os.environ},
            )  # fmt: skip
        except (OSError, TypeError, ValueError) as error:  # also a Python without an executable
            raise UnavailableError(f"not started: {error}") from error
        weakref.finalize(self, _end, process)
        self._answer(process, f"cannot be loaded from {self._folder}")
        return process

    def _ask(self, process: "subprocess.Popen[bytes]", samples: bytes) -> str:
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended: the missing answer tells
            process.stdin.write((len(samples) // 4).to_bytes(4, "little") + samples)
            process.stdin.flush()
        return self._answer(process, "cannot hear this")

    @staticmethod
    def _answer(process: "subprocess.Popen[bytes]", failure: str) -> str:
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            answer = _parsed(line)
            if "error" in answer:
                raise UnavailableError(f"{failure}: {answer['error']}")
            if "text" in answer:
                return str(answer["text"])
        raise _EndedError(f"stopped by itself (exit code {process.wait()})")


class _EndedError(UnavailableError):
    """The process ended instead of answering."""


def _parsed(line: bytes) -> dict[str, Any]:
    """Returns an answer; {} for a line that is none, such as a banner at the start of Python."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        with contextlib.suppress(OSError):  # what was never read may be left in the buffer
            stream.close()


class WordError:
    """Share of the words that are misheard, left out or added."""

    name = "word_error"
    label = "word error by Whisper (0 best)"

    def __init__(self, listener: Listener, lang: str = DEFAULT_LANG) -> None:
        self._listener, self._lang = listener, lang

    def require(self) -> None:
        """See `Judge.require`."""
        if self._lang not in ENGLISH:
            raise UnavailableError("understands English alone")
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
    """Returns the words alone: figures and short forms spelled out, small letters, no marks."""
    spelled = spell_out(unicodedata.normalize("NFKC", text).replace("’", "'"))
    return " ".join(re.findall(r"[\w']+", spelled.lower()))
