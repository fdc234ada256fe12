"""Figures and signs → words: money, units, ranges, fractions, years, plain numbers."""

import re
from collections.abc import Callable
from functools import partial

from kvoicewalk.english.numbers import (
    cardinal,
    decimal,
    digits,
    fraction,
    ordinal,
    plural,
    year,
)
from kvoicewalk.english.units import MONEY, UNITS

_N = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?![0-9])|[0-9]{1,40}"
_D = rf"(?:{_N})(?:\.[0-9]{{1,40}})?"
_SCALE = r"(?:[\s-]?(?P<scale>[Mm]illion|[Bb]illion|[Tt]rillion|[Tt]housand|[Kk]|[Mm]n?|[Bb]n?)\b)?"
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "mn": "million", "bn": "billion"}
_HALVES = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8", "⅜": "3/8",
           "⅝": "5/8", "⅞": "7/8", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5"}  # fmt: skip
_LONGEST_FIRST = sorted(UNITS, key=len, reverse=True)
# "12 ft. high" and "it is 12 ft.": the second stop ends a sentence.
_UNIT = "|".join(
    re.escape(unit) + (r"(?= [a-z0-9]|[,;)])" if unit.endswith(".") else "")
    for unit in _LONGEST_FIRST
)
_MANY = r"(?! (?:people|men|women|children|[a-z]{2,20}[b-hj-rtv-z]s)\b)"

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], bool], str]]


def spell_figures(text: str, is_british: bool = False) -> str:
    """Returns the text with its figures and signs as words."""
    for pattern, words in _RULES:
        text = pattern.sub(partial(_called, words, is_british), text)
    return text


def _called(
    words: Callable[[re.Match[str], bool], str], is_british: bool, found: re.Match[str]
) -> str:
    return words(found, is_british)


def _money(found: re.Match[str], is_british: bool) -> str:
    one, many, cent, cents = MONEY[found["sign"]]
    whole, part = found["whole"], found["part"] or ""
    minus = "minus " if found["minus"] else ""
    if found["scale"]:
        scale = found["scale"].lower()
        number = decimal(f"{whole}.{part}" if part else whole, is_british)
        unit = one if found["a"] else many
        return f"{found['a'] or ''}{minus}{number} {_SCALES.get(scale, scale)} {unit}"
    if part and (len(part) != 2 or not cent):
        return f"{found['a'] or ''}{minus}{decimal(f'{whole}.{part}', is_british)} {many}"
    is_one = whole == "1" or found["a"]
    pieces = [f"{cardinal(whole, is_british)} {one if is_one else many}"]
    if part.strip("0"):
        small = cardinal(part.lstrip("0"), is_british)
        pieces.append(f"{small} {cent if int(part) == 1 else cents}")
        pieces = pieces if whole.strip("0") else pieces[1:]
    return (found["a"] or "") + minus + " and ".join(pieces)


def _money_range(found: re.Match[str], is_british: bool) -> str:
    del is_british
    return f"{found[2]} to {found[1]}{found[3]}"


def _address(found: re.Match[str], is_british: bool) -> str:
    parts = found[0].lstrip("vV").split(".")
    if len(parts) == 4:
        return " dot ".join(digits(part) for part in parts)
    version = "version " if found[0][0] in "vV" else ""
    return version + " point ".join(cardinal(part, is_british) for part in parts)


def _phone(found: re.Match[str], _: bool) -> str:
    plus = "plus " if found[0].startswith("+") else ""
    return plus + ", ".join(digits(part) for part in re.findall(r"[0-9]+", found[0]))


def _mixed(found: re.Match[str], is_british: bool) -> str:
    whole, above, below = found["whole"], found["above"], found["below"]
    if whole is None and found[0] in {"24/7", "9/11"}:
        return f"{cardinal(above)} {cardinal(below)}"
    if not 2 <= int(below) <= 100 or int(above) >= int(below) or above[0] == "0":
        start = f"{cardinal(whole, is_british)} " if whole else ""
        return f"{start}{cardinal(above, is_british)} over {cardinal(below, is_british)}"
    if whole is None:
        return fraction(above, below, is_british)
    words = fraction(above, below, is_british)
    is_a = above == "1" and below in {"2", "4"}
    return f"{cardinal(whole, is_british)} and {'a' + words[3:] if is_a else words}"


def _unit(found: re.Match[str], is_british: bool) -> str:
    one, many = UNITS[found["unit"]]
    number = found["number"]
    return f"{decimal(number, is_british)} {one if number == '1' or found['joint'] else many}"


def _range(found: re.Match[str], _: bool) -> str:
    return f"{found[1]} to {found[2]}"


def _year(found: re.Match[str], is_british: bool) -> str:
    return year(found[0], is_british)


def _decade(found: re.Match[str], is_british: bool) -> str:
    figures = found[1]
    words = year(figures, is_british) if len(figures) == 4 else cardinal(figures, is_british)
    return plural(words)


def _plain(words: str) -> Callable[[re.Match[str], bool], str]:
    return lambda found, _: found.expand(words)


_RULES: tuple[Rule, ...] = (
    (re.compile(r"([0-9]?)([½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘])"),
     lambda m, _: f"{m[1]} {_HALVES[m[2]]}" if m[1] else _HALVES[m[2]]),
    (re.compile(r"(?<=\w)\.(?=(?:com|org|net|edu|gov|co|uk|io|html?|txt|pdf|jpg|png|exe|zip)\b)"),
     _plain(" dot ")),
    (re.compile(r"\bwww\."), _plain("W W W dot ")),
    (re.compile(r"(?<![\w.])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[vV]?[0-9]{1,3}\.[0-9]{1,4}\.[0-9]{1,4})"
                r"(?![\w]|\.[0-9])"), _address),
    (re.compile(r"(?<![\w.+-])(?:\+?[0-9]{1,3}[ .-])?\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}"
                r"(?![\w-])"
                r"|(?<![\w.+-])[2-9][0-9]{2}-[0-9]{4}(?![\w-])"
                r"|(?<![\w.+-])\+[0-9]{1,3}(?: ?\(?[0-9]{1,5}\)?){1,5}(?![\w-])"
                r"|(?<![\w.+-])\(?0[0-9]{2,4}\)? [0-9]{3,4} ?[0-9]{3,4}(?![\w-])"), _phone),
    (re.compile(r"(?<![\w-])[0-9]{1,7}(?:-[0-9]{1,7}){2,6}(?![\w-])"), _phone),
    (re.compile(r"(?<=\b[cC]all )[0-9]{3}\b|(?<=\b[dD]ial )[0-9]{3}\b"), _phone),
    (re.compile(r"(?<=\b[iI]n )10[0-9]{2}(?![\w%]|[,.][0-9])"), _year),
    (re.compile(rf"([$£€¥])({_D})\s?[-–—]\s?\1?({_D})"), _money_range),
    (re.compile(rf"(?<![-\w])([$£€¥]?(?:{_D})) ?[–-] ?(?=[$£€¥])"), _plain(r"\1 to ")),
    (re.compile(rf"(?P<a>\b[aA]n? )?(?P<minus>(?<!\w)[-−])?(?:\b(?:US|CA|AU|NZ|A|C))?"
                rf"(?P<sign>[$£€¥₹])\s?(?P<whole>{_N})(?:\.(?P<part>[0-9]{{1,40}}))?{_SCALE}"),
     _money),
    (re.compile(rf"(?P<a>(?!))?(?P<minus>(?!))?(?<![\w.,])(?P<whole>{_N})"
                rf"(?:\.(?P<part>[0-9]{{1,40}}))?{_SCALE}\s?(?P<sign>€|¢|(?:USD|EUR|GBP)\b)"),
     _money),
    (re.compile(r"(?<![\w./,])(?:(?P<whole>[0-9]{1,6})[ -])?(?P<above>[0-9]{1,6})[/⁄]"
                r"(?P<below>[0-9]{1,6})(?![\w/]|[.,][0-9])"), _mixed),
    (re.compile(rf"(?<![\w.,-])((?:{_D})(?:st|nd|rd|th)?)[–—-]"
                rf"((?:{_D})(?:st|nd|rd|th)?)(?![-–\w]?[0-9])"), _range),
    (re.compile(r"(?<![\w:])([0-9]{1,6}):([0-9]{1,6})(?![\w:])"), _range),
    (re.compile(r"(?<=[0-9]) ?[*×x] ?(?=[0-9])"), _plain(" times ")),
    (re.compile(r"(?<=[0-9]) ?÷ ?(?=[0-9])"), _plain(" divided by ")),
    (re.compile(r"(?<=[0-9]) [-−–] (?=[0-9])"), _plain(" minus ")),
    (re.compile(r"(?<![\w.,])([-−])(?=\.?[0-9])"), _plain("minus ")),
    (re.compile(r"±\s?"), _plain(" plus or minus ")),
    (re.compile(r"(?<![\w.,])['’]?((?:1[0-9]|20)[0-9]0|[2-9]0)['’]?s\b"), _decade),
    (re.compile(r"\b([0-9])['’]([0-9]{1,2})[\"”]"), _plain(r"\1 foot \2")),
    (re.compile(rf"(?<![\w.,])(?P<number>{_D})(?:\s?|(?P<joint>-))"
                rf"(?P<unit>{_UNIT})(?![\w/²³])"), _unit),
    (re.compile(rf"(?<![\w.])({_N})(?:st|nd|rd|th|ST|ND|RD|TH)\b"), lambda m, b: ordinal(m[1], b)),
    (re.compile(rf"(?<![\w.,+#-])(?:1[1-9]|20)[0-9]{{2}}(?![\w%]|[,.][0-9]){_MANY}"), _year),
    (re.compile(r"\bC#"), _plain("C sharp")),
    (re.compile(r"\bC\+\+"), _plain("C plus plus")),
    (re.compile(r"#(?=[0-9])"), _plain("number ")),
    (re.compile(r"#(?=[A-Za-z])"), _plain("hashtag ")),
    (re.compile(r"№ ?"), _plain("number ")),
    (re.compile(r"~(?=[0-9])"), _plain("about ")),
    (re.compile(r"§ ?(?=[0-9])"), _plain("section ")),
    (re.compile(rf"(?<![0-9])((?:{_N})?\.[0-9]{{1,40}})(?![0-9])"),
     lambda m, b: f" {decimal(m[1], b)} "),
    (re.compile(rf"(?<![0-9])({_N})(?![0-9])"), lambda m, b: f" {cardinal(m[1], b)} "),
    (re.compile(r"[0-9]{41,}"), lambda m, _: f" {digits(m[0])} "),
    (re.compile(r" ?% ?"), _plain(" percent ")),
    (re.compile(r" ?° ?C\b"), _plain(" degrees Celsius")),
    (re.compile(r" ?° ?F\b"), _plain(" degrees Fahrenheit")),
    (re.compile(r" ?° ?"), _plain(" degrees ")),
    (re.compile(r" ?& ?"), _plain(" and ")),
    (re.compile(r" ?@ ?"), _plain(" at ")),
    (re.compile(r" ?\+ ?"), _plain(" plus ")),
    (re.compile(r" ?(?<![=<>!])=(?!=) ?"), _plain(" equals ")),
    (re.compile(r" {2,}"), _plain(" ")),
    (re.compile(r" (?=[.,;:!?)\]”’\"](?:\s|$))"), _plain("")),
    (re.compile(r"(?<=[(\[“‘-]) | (?=-)"), _plain("")),
)  # fmt: skip
