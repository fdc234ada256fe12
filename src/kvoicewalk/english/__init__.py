"""English as it is read aloud: figures, signs and short forms become words.

Kokoro's English front ends read plain words well. espeak's is cut at every comma and full stop
before it sees a number, and neither knows "No. 14" from the answer "No."; so both get words.
"""

import re

from kvoicewalk.english.dates import spell_dates
from kvoicewalk.english.figures import spell_figures
from kvoicewalk.english.reigns import spell_roman
from kvoicewalk.english.short_forms import expand

# misaki's own markup, [word](/phonemes/) or [word](+1), is not ours to read.
_MARKUP = re.compile(r"(\[[^\[\]\n]{1,200}\]\([^()\n]{0,200}\))")

_LONE_STOPS = re.compile(r"(?<=[.!?…])(?: +\.)+(?= |$)|^\.(?= )")


def spell_out(text: str, is_british: bool = False) -> str:
    """Returns an English text with its figures and short forms as words; takes any text.

    Args:
        text: one line.
        is_british: "one hundred and five", and the day before the month in 24/12/2024.
    """
    parts = _MARKUP.split(text)
    spelled = (part if i % 2 else _spell(part, is_british) for i, part in enumerate(parts) if part)
    return "".join(spelled).strip()


def _spell(text: str, is_british: bool) -> str:
    text = _LONE_STOPS.sub("", text)
    text = spell_roman(expand(text))
    return spell_figures(spell_dates(text, is_british), is_british)
