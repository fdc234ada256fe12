"""Which of Kokoro's languages a text is in: by its script, else by its most frequent words.

Meant for the words of a recording, a sentence or more. Where it is not sure, it says nothing.
"""

import re
from collections.abc import Mapping, Sequence

from kvoicewalk.languages import DEFAULT_LANG

DEVANAGARI, KANA, HAN = r"[\u0900-\u097f]", r"[\u3041-\u30ff]", r"[\u4e00-\u9fff]"
LETTER = r"[^\W\d_]"
WORD = re.compile(rf"{LETTER}+")

# Some of the commonest words of each language that is written in Latin letters.
TABLE = {
    "a": (
        "the of and to in is that it was for he she you with as his her they be at have this from "
        "not are but had or by we were been an what there all when their will my me no so"
    ),
    "e": (
        "el la los las de del que y en un una por con para no se su lo como más pero sus le ya "
        "este porque esta entre cuando muy sin sobre también me hasta hay donde desde nos era al "
        "es fue son está han todo mi si uno dos eso"
    ),
    "f": (
        "le la les de des du et un une est que qui dans en pour pas ne sur se ce il elle au aux "
        "plus par avec je vous nous son sa ses mais ou où cette était l d qu c n s j on leur sont "
        "tout comme fait être deux même"
    ),
    "i": (
        "il lo la gli le i di del della che e un una in per non con si è da sono ma come anche più "
        "al nel alla nella delle dei era ho ha questo suo sua dal dalla l d mi tutto quando ci se "
        "perché quel"
    ),
    "p": (
        "o a os as de do da dos das que e em um uma não com por para se na no nas mais como mas "
        "foi ao à ele ela seu sua ou quando muito nos já eu também só pelo pela até isso me é está "
        "era ser tem"
    ),
}
COMMON: Mapping[str, frozenset[str]] = {
    lang: frozenset(words.split()) for lang, words in TABLE.items()
}
MIN_WORDS = 4
# So many of the words must be common ones: Swedish has 0.27 of Spanish's. A run is in English
# anyway, so taking too much for English does no harm.
MIN_SHARE = 0.3
MIN_ENGLISH_SHARE = 0.12
MIN_SCORE, MIN_LEAD = 1.5, 1.5  # of the best; against the second


def guess_lang(text: str) -> str | None:
    """Returns a text's language letter; "a" for any English, None where it is not sure."""
    n_letters = len(re.findall(LETTER, text))
    if not n_letters:
        return None
    shares = {name: len(re.findall(name, text)) / n_letters for name in (DEVANAGARI, KANA, HAN)}
    if shares[DEVANAGARI] > 0.5:
        return "h"
    if shares[KANA] + shares[HAN] > 0.5:  # Japanese is never long without kana
        return "j" if shares[KANA] > 0.1 else "z"
    words = WORD.findall(text.lower())
    if len(words) < MIN_WORDS:
        return None
    scores = sorted(
        ((_score(words, common), lang) for lang, common in COMMON.items()), reverse=True
    )
    (best, lang), (second, _) = scores[:2]
    share = sum(word in COMMON[lang] for word in words) / len(words)
    least = MIN_ENGLISH_SHARE if lang == DEFAULT_LANG else MIN_SHARE
    is_sure = share >= least and best >= max(MIN_SCORE, MIN_LEAD * second)
    return lang if is_sure else None


def _score(words: Sequence[str], common: frozenset[str]) -> float:
    """Returns how many words are among a language's common ones; those of n languages count 1/n."""
    found = [word for word in words if word in common]
    return sum(1 / sum(word in others for others in COMMON.values()) for word in found)
