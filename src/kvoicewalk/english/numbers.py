"""Numbers in English words; only what is spelled in the digits 0 to 9."""

import re
from functools import lru_cache

MAX_DIGITS = 15  # a longer number is read digit by digit
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ROMAN = re.compile(
    r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", re.IGNORECASE
)
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@lru_cache(maxsize=4096)
def cardinal(figures: str, is_british: bool = False) -> str:
    """Returns "1,234" as "one thousand two hundred thirty-four"; British: "… and thirty-four".

    A number with a zero in front, such as 007, and one of more than 15 digits become digits.
    """
    plain = figures.replace(",", "")
    if len(plain) > MAX_DIGITS or (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    return _words(int(plain), "cardinal", is_british)


def ordinal(figures: str, is_british: bool = False) -> str:
    """Returns "24" as "twenty-fourth"."""
    plain = figures.replace(",", "")
    if len(plain) > MAX_DIGITS:
        return digits(plain)
    return _words(int(plain), "ordinal", is_british)


def decimal(figures: str, is_british: bool = False) -> str:
    """Returns "3.14" as "three point one four"; ".5" as "point five"."""
    whole, _, part = figures.partition(".")
    words = [cardinal(whole, is_british)] if whole else []
    return " ".join([*words, "point", digits(part)] if part else words)


def digits(figures: str) -> str:
    """Returns "404" as "four zero four"; other characters are left out."""
    return " ".join(DIGITS[int(c)] for c in figures if c in "0123456789")


def year(figures: str, is_british: bool = False) -> str:
    """Returns "1493" as "fourteen ninety-three", "1905" as "nineteen oh five"."""
    century, rest = divmod(int(figures), 100)
    if len(figures) != 4 or (century % 10 == 0 and rest < 10):
        return cardinal(figures, is_british)
    if rest == 0:
        return f"{cardinal(str(century))} hundred"
    return f"{cardinal(str(century))} {'oh ' if rest < 10 else ''}{cardinal(str(rest))}"


def plural(words: str) -> str:
    """Returns "nineteen ninety" as "nineteen nineties"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def fraction(above: str, below: str, is_british: bool = False) -> str:
    """Returns 3 and 4 as "three quarters"."""
    n = int(above)
    if below == "2":
        name = "half" if n == 1 else "halves"
    else:
        name = "quarter" if below == "4" else ordinal(below, is_british)
        name += "" if n == 1 else "s"
    return f"{cardinal(above, is_british)} {name}"


def roman(letters: str) -> int | None:
    """Returns "XIV" as 14; None for letters that are no number in the usual spelling."""
    if not ROMAN.fullmatch(letters):
        return None
    values = [ROMAN_VALUES[c] for c in letters.upper()]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _words(n: int, to: str, is_british: bool) -> str:
    from num2words import num2words

    words = str(num2words(n, to=to)).replace(",", "")
    return words if is_british else words.replace(" and ", " ")
