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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.east_asian import front_end
from kvoicewalk.english import spell_out
from kvoicewalk.errors import SynthError
from kvoicewalk.judges.base import UnavailableError, require_files
from kvoicewalk.languages import DEFAULT_LANG, ENGLISH, LANGUAGES

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
NEEDED = ("config.json", "model.bin")  # other conversions name their vocabulary otherwise
RATE_HZ = 16_000
# Of Whisper's process. Without it the library crashed while it heard, in about every other process;
# whatever its value was, with it never (ctranslate2 4.8.5 on an AMD processor).
ENVIRONMENT = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
NOT_INSTALLED = "not installed: pip install 'kvoicewalk[asr]'"
BY_SOUND = "jz"


@dataclass(frozen=True)
class Heard:
    """What Whisper wrote down.

    Attributes:
        text: the words.
        language: their code, such as `en`; "" where it did not say.
        is_english: the model understands English alone, whatever was said.
    """

    text: str
    language: str
    is_english: bool = False


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

    def write_down(self, utterance: Utterance, language: str = "en") -> str:
        """Returns the words that were heard, see `hear`."""
        return self.hear(utterance, language).text

    def hear(self, utterance: Utterance, language: str | None = None) -> "Heard":
        """Writes down what is said.

        Args:
            utterance: speech.
            language: its code, such as `en`; None leaves it to Whisper to tell.

        Raises:
            UnavailableError: the package or its model is missing, the model does not understand
                the language, or it ended by itself, twice.
        """
        samples = resample(utterance.samples, utterance.sample_rate_hz, RATE_HZ)
        head = len(samples).to_bytes(4, "little") + (language or "").encode("ascii").ljust(2)
        question = head + samples.astype("<f4", copy=False).tobytes()
        try:
            return self._heard(question)
        except _EndedError:  # another process may not crash
            return self._heard(question)

    def close(self) -> None:
        """Ends the process; the next question starts another one."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def _heard(self, question: bytes) -> "Heard":
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

    def _ask(self, process: "subprocess.Popen[bytes]", question: bytes) -> "Heard":
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended: the missing answer tells
            process.stdin.write(question)
            process.stdin.flush()
        return self._answer(process, "cannot hear this")

    @staticmethod
    def _answer(process: "subprocess.Popen[bytes]", failure: str) -> "Heard":
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            answer = _parsed(line)
            if "error" in answer:
                raise UnavailableError(f"{failure}: {answer['error']}")
            if "text" in answer:
                language, knows = str(answer.get("language", "")), answer.get("knows")
                return Heard(str(answer["text"]), language, is_english=knows == "en")
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
    """Share of what is misheard, left out or added: of words, or of sounds.

    Japanese and Chinese have no spaces, and one word can be written in several ways: there both
    sides are read aloud by the front end, and sounds are counted.
    """

    name = "word_error"

    def __init__(self, listener: Listener, lang: str = DEFAULT_LANG) -> None:
        self._listener, self._lang = listener, lang
        what = "sound" if lang in BY_SOUND else "word"
        self.label = f"{what} error by Whisper (0 best)"

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

        code = LANGUAGES[self._lang].texts
        heard = [self._listener.write_down(one, code) for one in known]
        said = [one.text for one in known]
        if self._lang not in BY_SOUND:
            return float(
                jiwer.wer(
                    [plain(text, self._lang) for text in said],
                    [plain(text, self._lang) for text in heard],
                )
            )
        try:
            read = front_end(self._lang)
        except SynthError as error:
            raise UnavailableError(str(error)) from error
        return float(jiwer.cer([sounds(read, t) for t in said], [sounds(read, t) for t in heard]))


def plain(text: str, lang: str = DEFAULT_LANG) -> str:
    """Returns the words alone: figures and short forms spelled out, small letters, no marks."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    if lang in ENGLISH:
        text = spell_out(text)
        return " ".join(re.findall(r"[\w']+", text.lower()))
    text = re.sub(r"\d+", lambda found: _number(found[0], LANGUAGES[lang].texts), text)
    # Marks of Devanagari vowels are no word characters to `re`.
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in text.lower())
    return " ".join("".join(kept).split())


def sounds(read: Callable[[str], str], text: str) -> str:
    """Returns a text's phonemes alone, without spaces and marks; "" of none."""
    phonemes = read(text) if text.strip() else ""
    return "".join(c for c in phonemes if unicodedata.category(c)[0] in "LMS")


def _number(figures: str, code: str) -> str:
    from num2words import num2words

    try:
        return str(num2words(int(figures), lang=code))
    except (NotImplementedError, ValueError, OverflowError, KeyError, IndexError):
        return figures
