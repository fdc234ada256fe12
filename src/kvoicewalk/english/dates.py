"""Dates and times of the day in words."""

import re

from kvoicewalk.english.numbers import cardinal, ordinal, year
from kvoicewalk.english.short_forms import MONTH_NAMES, MONTHS

_MONTH = "|".join((*MONTH_NAMES, *(m for m in MONTHS if m not in MONTH_NAMES)))
_YEAR = r"(?:,? (?P<year>1[0-9]{3}|20[0-9]{2})\b(?![,.]?[0-9]))?"
_DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
_MARK = r"(?:st|nd|rd|th)?\b(?![:/,.%]?[0-9]|%| ?(?:[ap]m\b|million|percent))"
_ISO = re.compile(r"(?<![\w.-])([0-9]{4})-([01][0-9])-([0-3][0-9])(?![\w-])")
_NUMERIC = re.compile(
    r"(?<![\w./-])([0-9]{1,2})([/.-])([0-9]{1,2})\2([12][0-9]{3}|[0-9]{2})(?![\w/-]|\.[0-9])"
)
_MONTH_DAY = re.compile(rf"\b(?P<month>{_MONTH}) {_DAY}{_MARK}{_YEAR}")
_DAY_MONTH = re.compile(
    rf"(?P<the>\b[tT]he )?(?<![\w.,:/-]){_DAY}(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b{_YEAR}"
)
_CLOCK = re.compile(
    r"(?<![\w:.,])(?P<h>[01]?[0-9]|2[0-4]):(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?"
    r"(?:\s?(?P<half>[AaPp][Mm])\b|(?![\w:]))"
)
_HOUR = re.compile(r"(?<![\w:.,$£€])(?P<h>1[0-2]|0?[1-9])\s?(?P<half>AM|PM|am|pm|Am|Pm)\b")

_SPAN = re.compile(
    r"(?<=:[0-9]{2})\s?[-–]\s?(?=[0-9])|(?<=[AaPp][Mm])\s?[-–]\s?(?=[0-9])"
    r"|(?<=[0-9])[-–](?=[0-9]{1,2}(?::[0-9]{2})?\s?[AaPp][Mm]\b)"
)


def spell_dates(text: str, is_british: bool = False) -> str:
    """Returns the text with dates and times as words."""

    def numeric(found: re.Match[str]) -> str:
        first, second = int(found[1]), int(found[3])
        is_day_first = found[2] == "." or is_british
        if (second if is_day_first else first) > 12:
            is_day_first = not is_day_first
        day, month = (first, second) if is_day_first else (second, first)
        if found[2] != "/" and len(found[4]) == 2:  # a version or another chain
            return found[0]
        full = found[4] if len(found[4]) == 4 else ("20" if found[4] < "50" else "19") + found[4]
        return _date(day, month, full, is_british) or found[0]

    text = _SPAN.sub(" to ", text)
    text = _ISO.sub(lambda m: _date(int(m[3]), int(m[2]), m[1], is_british) or m[0], text)
    text = _NUMERIC.sub(numeric, text)
    text = _DAY_MONTH.sub(lambda m: _day_month(m, is_british), text)
    text = _MONTH_DAY.sub(lambda m: _month_day(m, is_british), text)
    text = _CLOCK.sub(_clock, text)
    return _HOUR.sub(lambda m: f"{cardinal(m['h'].lstrip('0'))} {m['half'].upper()}", text)


def _date(day: int, month: int, figures: str, is_british: bool) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    name, nth, when = MONTH_NAMES[month - 1], ordinal(str(day)), year(figures, is_british)
    return f"the {nth} of {name}, {when}" if is_british else f"{name} {nth}, {when}"


def _month_day(found: re.Match[str], is_british: bool) -> str:
    month = MONTHS.get(found["month"], found["month"])
    nth = ("the " if is_british else "") + ordinal(found["day"].lstrip("0"))
    return f"{month} {nth}" + _with_year(found, is_british)


def _day_month(found: re.Match[str], is_british: bool) -> str:
    month = MONTHS.get(found["month"], found["month"])
    the = found["the"] or "the "
    return f"{the}{ordinal(found['day'].lstrip('0'))} of {month}" + _with_year(found, is_british)


def _with_year(found: re.Match[str], is_british: bool) -> str:
    return f", {year(found['year'], is_british)}" if found["year"] else ""


def _clock(found: re.Match[str]) -> str:
    hour, minute, half = found["h"], found["m"], found["half"]
    words = cardinal(hour.lstrip("0") or "0")
    if minute != "00":
        words += f" {'oh ' if minute[0] == '0' else ''}{cardinal(minute.lstrip('0'))}"
    elif not half:
        words += " o'clock" if 1 <= int(hour) <= 12 else " hundred"
    if found["s"]:
        words += f" and {cardinal(found['s'].lstrip('0') or '0')} seconds"
    return f"{words} {half.upper()}" if half else words
