"""What `speak` shows of a long text: how far it is, and the words that are spoken."""

from rich.text import Text

from kvoicewalk.reading.pieces import SpeechStep
from kvoicewalk.report.live import Frame, View, format_seconds

WORDS_SHOWN = 60


class SpeechProgress:
    """Shows a text while it is spoken."""

    def __init__(self, view: View) -> None:
        """Shows nothing yet."""
        self._view = view

    def update(self, step: SpeechStep) -> None:
        """Shows one more piece."""
        share = step.n_characters / max(1, step.n_total)
        length = format_seconds(step.duration_s)
        words = step.text if len(step.text) <= WORDS_SHOWN else f"{step.text[: WORDS_SHOWN - 1]}…"
        self._view.show(
            Frame(
                title="speaking",
                unit="characters",
                n_done=step.n_characters,
                n_total=step.n_total,
                line=f"speaking {share:.0%}: {length} of speech",
                is_news=not step.text,
                table=lambda: Text(f"{length} of speech · {words}", style="dim", no_wrap=True),
            )
        )
