"""Japanese and Chinese → phonemes, by misaki's own front ends, as Kokoro has them.

Their dictionaries are no part of misaki: the extras `ja` and `zh` bring them, without a compiler.
"""

import importlib.util
import logging
import re
import warnings
from collections.abc import Callable

from kvoicewalk.errors import Setting, SynthError

GraphemesToPhonemes = Callable[[str], str]

# Full-width marks come here as plain ones; misaki would have put a space where these match.
AFTER_MARK = re.compile(r"(?<=[,.!?:;)])(?=[\u4e00-\u9fff])")
BEFORE_BRACKET = re.compile(r"(?<=[\u4e00-\u9fff])(?=\()")

NAMES = {"j": "ja", "z": "zh"}  # of the extras, here and in misaki
PACKAGES = {"j": "fugashi", "z": "jieba"}  # the first that each front end asks for


def is_installed(lang: str) -> bool:
    """Tells whether what a language's front end asks for first is there; nothing is loaded."""
    return importlib.util.find_spec(PACKAGES[lang]) is not None


def front_end(
    lang: str, has_bopomofo: bool = False, english: GraphemesToPhonemes = str
) -> GraphemesToPhonemes:
    """Returns what turns Japanese or Chinese into phonemes.

    Args:
        lang: "j" or "z".
        has_bopomofo: the model learned Chinese in bopomofo, as Kokoro-82M-v1.1-zh did.
        english: of English words between Chinese ones; for bopomofo alone, the older front end
            leaves them as they are.

    Raises:
        SynthError: a package or its dictionary is missing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba, misaki: what Python will refuse one day
            return _japanese() if lang == "j" else _chinese(has_bopomofo, english)
    except (ImportError, OSError, RuntimeError) as error:  # MeCab's: a dictionary without its data
        name = NAMES[lang]
        raise SynthError(
            Setting("lang", lang),
            f" needs the extra {name} and its dictionary: pip install 'kvoicewalk[{name}]' "
            f"({' '.join(str(error).split())[:80] or type(error).__name__}).",
        ) from error


def _japanese() -> GraphemesToPhonemes:
    # What `misaki.ja.JAG2P()` calls; that module would also want pyopenjtalk, which it does not
    # use, and which needs a compiler.
    from misaki.cutlet import Cutlet

    cutlet = Cutlet()
    return lambda text: str(cutlet(text)[0])


def _chinese(has_bopomofo: bool, english: GraphemesToPhonemes) -> GraphemesToPhonemes:
    import jieba
    from misaki.zh import ZHG2P

    jieba.setLogLevel(logging.ERROR)  # else it tells of its dictionary on every start
    version = "1.1" if has_bopomofo else None
    spoken = ZHG2P(version=version, en_callable=english)
    return lambda text: str(spoken(BEFORE_BRACKET.sub(" ", AFTER_MARK.sub(" ", text)))[0])
