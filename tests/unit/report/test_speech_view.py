"""What is shown while a text is spoken."""

import io

from rich.console import Console

from kvoicewalk.reading.pieces import SpeechStep
from kvoicewalk.report.live import LinesView, View
from kvoicewalk.report.speech_view import SpeechProgress


class Shown(View):
    def __init__(self):
        self.frames = []

    def show(self, frame):
        self.frames.append(frame)


def test_characters_are_counted_and_the_words_are_shown():
    view = Shown()
    SpeechProgress(view).update(SpeechStep("It was late. " * 9, 250, 1_000, 75.0))
    (frame,) = view.frames
    assert (frame.n_done, frame.n_total, frame.unit) == (250, 1_000, "characters")
    assert frame.line == "speaking 25%: 1 min 15 s of speech"
    assert str(frame.table()).startswith("1 min 15 s of speech · It was late. It was")
    assert str(frame.table()).endswith("…")


def test_what_an_earlier_call_had_spoken_is_told_at_once():
    file = io.StringIO()
    progress = SpeechProgress(LinesView(Console(file=file), lambda: 0.0))
    progress.update(SpeechStep("", 900, 1_000, 60.0))
    progress.update(SpeechStep("More.", 905, 1_000, 61.0))
    assert file.getvalue() == "speaking 90%: 1 min 0 s of speech\n"
