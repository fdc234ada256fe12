"""Words whose pronunciation is given, among words that a front end speaks.

misaki's English front end knows such marks itself; this is for the others.
"""

import re
from collections.abc import Callable, Sequence

from kvoicewalk.reading.markup import Pronounced

# A front end reads a sentence as a whole: what stands before or after a word changes how it is
# spoken ("the" before a vowel). So it gets a word that no language has in place of each marked one,
# and what it made of it is replaced. One of the two begins with a vowel.
STAND_INS = ("Zazuzazu", "Azuzazu")
MAIN_STRESS, SIDE_STRESS = "ˈ", "ˌ"
STRESS_MARKS = MAIN_STRESS + SIDE_STRESS
VOWELS = frozenset("AIOQWYaiueoyæɑɒɐɔəɚɛɜɪʊʌᵻøœɨɯɤ")


def speak_marked(parts: Sequence[str | Pronounced], front_end: Callable[[str], str]) -> str:
    """Returns the phonemes of a text in parts.

    Args:
        parts: plain text, and words with their phonemes or stress; see `split_pronounced`.
        front_end: text → phonemes.
    """
    given = [_phonemes(part, front_end) for part in parts if isinstance(part, Pronounced)]
    stand_ins = [STAND_INS[_begins_with_vowel(one)] for one in given]
    words = iter(stand_ins)
    text = "".join(part if isinstance(part, str) else next(words) for part in parts)
    phonemes = front_end(text)
    heard = list(_pattern(front_end).finditer(phonemes))
    if len(heard) != len(given):
        return _by_parts(parts, given, front_end)
    spoken, end = [], 0
    for found, own in zip(heard, given, strict=True):
        spoken += [phonemes[end : found.start()], own]
        end = found.end()
    return "".join([*spoken, phonemes[end:]])


def with_stress(phonemes: str, level: float) -> str:
    """Returns a word's phonemes with more stress, or less.

    Args:
        phonemes: of one word.
        level: below -1 none is left; -1 main stress becomes side stress; from 0 to below 1 a word
            without any gets side stress; 1 side stress becomes main stress; above 1 a word without
            any gets main stress.

    Source: hexgrad/misaki misaki/en.py, apply_stress, whose cases these are.
    """
    main, side = MAIN_STRESS, SIDE_STRESS
    has_main, has_side = main in phonemes, side in phonemes
    if level < -1:
        return phonemes.replace(main, "").replace(side, "")
    if level == -1 or (level <= 0 and has_main):
        return phonemes.replace(side, "").replace(main, side)
    if not has_main and not has_side and level >= -0.5:
        return _put_before_vowel(phonemes, main if level > 1 else side)
    return phonemes.replace(side, main) if level >= 1 and not has_main else phonemes


def _put_before_vowel(phonemes: str, mark: str) -> str:
    at = next((i for i, sign in enumerate(phonemes) if sign in VOWELS), None)
    return phonemes if at is None else phonemes[:at] + mark + phonemes[at:]


def _phonemes(word: Pronounced, front_end: Callable[[str], str]) -> str:
    if word.phonemes:
        return word.phonemes
    found = front_end(word.text).strip()
    return found if word.stress is None else with_stress(found, word.stress)


def _begins_with_vowel(phonemes: str) -> bool:
    return phonemes.lstrip(STRESS_MARKS)[:1] in VOWELS


def _pattern(front_end: Callable[[str], str]) -> re.Pattern[str]:
    """Returns what finds the stand-ins in phonemes; stress may lie elsewhere within a sentence."""
    sounds = (front_end(word).strip() for word in STAND_INS)
    stress = f"[{STRESS_MARKS}]?"
    ways = (
        stress + stress.join(re.escape(sign) for sign in sound if sign not in STRESS_MARKS)
        for sound in sounds
    )
    return re.compile("|".join(ways))


def _by_parts(
    parts: Sequence[str | Pronounced], given: Sequence[str], front_end: Callable[[str], str]
) -> str:
    """Returns the phonemes of each part on its own, for front ends that spell the stand-ins."""
    own = iter(given)
    spoken = []
    for part in parts:
        if not isinstance(part, str):
            spoken.append(next(own))
            continue
        core = part.strip()
        inner = front_end(core) if any(map(str.isalnum, core)) else core
        before = " " if part[:1].isspace() else ""
        after = " " if part[-1:].isspace() and core else ""
        spoken.append(before + inner.strip() + after)
    return "".join(spoken)
