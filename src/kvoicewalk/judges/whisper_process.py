"""Whisper in a process of its own: speech on standard input, words on standard output.

ctranslate2, which computes Whisper, can crash on a processor that is not Intel's: every other
process that had used it died when it ended (4.8.5; 4.7.2 beside torch, more seldom), and some while
they heard (see `words.ENVIRONMENT`). This process ends without tidying up, and its death reaches
the program that asked as an answer that is missing.

A pool of one process (`concurrent.futures`, spawned) was tried in its place. It is no shorter, runs
a script without a main guard again unless `__main__` is hidden from it, cannot start inside another
pool's process, and at the end of an ordinary command warned on the terminal of leaked semaphores.

It is called with a folder that holds a converted model, and with the search path for packages. It
writes one line when the model is loaded and one for each utterance: a JSON object with `text` and
`language`, or with `error`, the reason why there is none; other lines are somebody else's. An
utterance is its number of samples (four bytes, the low one first), the code of its language (two
bytes, blanks where Whisper is to tell) and the samples as float32 at 16 kHz. It ends with its
input.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial


def serve(folder: str) -> None:
    """Answers until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that asks
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer

    def answer(act: Callable[[], dict[str, str]]) -> None:
        try:
            said = act()
        except Exception as error:  # noqa: BLE001  # whatever it is: who asks is to tell it
            said = {"error": (str(error).strip() or type(error).__name__).splitlines()[0]}
        answers.write(json.dumps(said) + "\n")
        answers.flush()

    whisper = _Whisper(folder)
    answer(whisper.load)
    while header := sys.stdin.buffer.read(4):
        language = sys.stdin.buffer.read(2).decode("ascii").strip()
        samples = sys.stdin.buffer.read(4 * int.from_bytes(header, "little"))
        answer(partial(whisper.hear, samples, language))


class _Whisper:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def load(self) -> dict[str, str]:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(self._folder, device="cpu", compute_type="int8")
        return {"text": ""}

    def hear(self, samples: bytes, language: str) -> dict[str, str]:
        import numpy as np

        inner = getattr(self._model, "model", None)
        is_english = not getattr(inner, "is_multilingual", True)
        if language not in ("", "en") and is_english:
            raise ValueError("this model understands English alone")
        segments, info = self._model.transcribe(
            np.frombuffer(samples, "<f4"),
            language=language or None,
            beam_size=5,
            condition_on_previous_text=False,
            temperature=0.0,
        )
        text = " ".join(segment.text.strip() for segment in segments).strip()
        told = str(getattr(info, "language", language))
        return {"text": text, "language": told, "knows": "en" if is_english else ""}


if __name__ == "__main__":
    sys.path[:] = sys.argv[2:]  # this file's folder holds no packages
    try:
        serve(sys.argv[1])
    except BaseException:  # noqa: BLE001  # told by the exit code
        os._exit(1)
    os._exit(0)
