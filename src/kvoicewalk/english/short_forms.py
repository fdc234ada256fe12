"""Short forms → words, without the full stop that ends no sentence."""

import re
from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "Mr": "Mister", "Mrs": "Mrs", "Ms": "Miz", "Messrs": "Messers", "Prof": "Professor",
    "Rev": "Reverend", "Gen": "General", "Col": "Colonel", "Maj": "Major", "Capt": "Captain",
    "Cpt": "Captain", "Lt": "Lieutenant", "Sgt": "Sergeant", "Cpl": "Corporal",
    "Cmdr": "Commander", "Adm": "Admiral", "Gov": "Governor", "Sen": "Senator",
    "Pres": "President", "Supt": "Superintendent", "Hon": "Honourable",
    "Rep": "Representative", "Fr": "Father", "Mt": "Mount", "Ft": "Fort",
}  # fmt: skip
MONTHS: Mapping[str, str] = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "May": "May",
    "Jun": "June", "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September",
    "Oct": "October", "Nov": "November", "Dec": "December",
}  # fmt: skip
MONTH_NAMES = tuple(dict.fromkeys(MONTHS.values()))
WEEKDAYS: Mapping[str, str] = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
# These can stand at the end of a sentence: the full stop stays where a new one begins.
PLAIN: Mapping[str, str] = {
    "etc": "et cetera", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation",
    "Jr": "Junior", "Sr": "Senior", "Bros": "Brothers", "Esq": "Esquire", "Ave": "Avenue",
    "Blvd": "Boulevard", "Rd": "Road", "Hwy": "Highway", "Pkwy": "Parkway", "Sq": "Square",
    "Dept": "Department", "Govt": "Government", "Univ": "University", "Assn": "Association",
    "Co": "Company", "approx": "approximately", "Approx": "Approximately", "vs": "versus",
    "misc": "miscellaneous", "viz": "namely", "cf": "compare", "esp": "especially",
    "incl": "including", "max": "maximum", "est": "established", "dept": "department",
    "al": "al", "ext": "extension", "tel": "telephone", "Tel": "Telephone", "hrs": "hours",
    "mins": "minutes", "Ph.D": "PhD",
}  # fmt: skip
BEFORE_FIGURES: Mapping[str, str] = {
    "no": "number", "nos": "numbers", "p": "page", "pp": "pages", "fig": "figure",
    "figs": "figures", "vol": "volume", "ch": "chapter", "chap": "chapter", "sec": "section",
    "art": "article", "ca": "circa", "c": "circa", "apt": "apartment", "ste": "suite",
    "rm": "room", "ed": "edition", "pt": "part", "nr": "number", "bk": "book",
}  # fmt: skip
# A word that begins a sentence more often than it goes on with one.
STARTERS = frozenset(
    [
        "A",
        "After",
        "All",
        "Also",
        "Although",
        "An",
        "And",
        "Are",
        "As",
        "At",
        "Because",
        "Before",
        "But",
        "By",
        "Can",
        "Could",
        "Did",
        "Do",
        "Does",
        "Each",
        "Even",
        "Every",
        "For",
        "From",
        "Had",
        "Has",
        "Have",
        "He",
        "Her",
        "Here",
        "His",
        "How",
        "However",
        "I",
        "If",
        "In",
        "Is",
        "It",
        "Its",
        "Just",
        "Later",
        "Let",
        "Many",
        "Maybe",
        "Most",
        "My",
        "Next",
        "No",
        "Nobody",
        "Not",
        "Nothing",
        "Now",
        "Of",
        "On",
        "Once",
        "One",
        "Only",
        "Or",
        "Our",
        "Perhaps",
        "Please",
        "She",
        "Since",
        "So",
        "Some",
        "Soon",
        "Still",
        "That",
        "The",
        "Their",
        "Then",
        "There",
        "These",
        "They",
        "This",
        "Those",
        "Though",
        "To",
        "Today",
        "Tomorrow",
        "Two",
        "Under",
        "Until",
        "Was",
        "We",
        "Were",
        "What",
        "When",
        "Where",
        "Which",
        "While",
        "Who",
        "Why",
        "Will",
        "With",
        "Yes",
        "Yesterday",
        "You",
        "Your",
    ]
)
PLACES = frozenset(["Mount", "Lake", "Fort", "Port", "East", "West", "North", "South", "Mt", "Ft"])
# The word that follows "a.m." and begins no sentence.
AFTER_TIMES = frozenset((*MONTH_NAMES, *WEEKDAYS.values(), *WEEKDAYS, *MONTHS))
AFTER_TIMES |= frozenset(
    [
        "Eastern",
        "Pacific",
        "Central",
        "Mountain",
        "EST",
        "EDT",
        "PST",
        "PDT",
        "CST",
        "GMT",
        "UTC",
        "BST",
    ]
)

_NEXT = r"(?=(?P<next>[ ]?[\"”’]{0,2}(?:[ ]{1,3}[\"“‘(]{0,2}(?P<word>\w{0,30})|$))?)"
_TITLE = re.compile(rf"\b({'|'.join(TITLES)})\.(?=[ ]{{0,3}}[A-Z“\"])")
_DOCTOR = re.compile(r"(?P<street>\b[A-Z]\w{1,30} )?\bDr\." + _NEXT)
_SAINT = re.compile(r"(?P<before>\b\w{1,30} )?\bSt\." + _NEXT)
_FIGURES = re.compile(rf"\b({'|'.join(BEFORE_FIGURES)})\. ?(?=[0-9])", re.IGNORECASE)
_ROMAN = re.compile(r"\b([Vv]ol|[Cc]h|[Cc]hap|[Pp]t|[Bb]k|[Ff]ig)\. ?(?=[IVXL]{1,6}\b)")
_PLAIN = re.compile(rf"\b({'|'.join(map(re.escape, PLAIN))})\." + _NEXT)
_MONTH = re.compile(r"\b(Jan|Feb|Apr|Aug|Sept|Sep|Oct|Nov|Dec)\." + _NEXT)
_SHORT_MONTH = re.compile(r"\b(Mar|Jun|Jul)\.(?= ?[0-9])|(?<=[0-9] )(Mar|Jun|Jul)\b\.?")
_DAY = re.compile(
    rf"\b({'|'.join(WEEKDAYS)})\.(?=,| (?:[0-9]|at\b|{'|'.join(MONTHS)}))"
)  # fmt: skip
_MANY_LETTERS = re.compile(r"\b((?:[A-Za-z]\.){2,8})" + _NEXT)
_INITIAL = re.compile(r"\b([A-Z])\.(?=[ ]?(?P<word>[A-Z]\w{0,30}))")


def expand(text: str) -> str:
    """Returns the text with its short forms as words."""
    text = re.sub(r"\b([eE])\.\s?g\.,?", lambda m: _cased(m[1], "for example"), text)
    text = re.sub(r"\b([iI])\.\s?e\.,?", lambda m: _cased(m[1], "that is"), text)
    text = _TITLE.sub(lambda m: TITLES[m[1]], text)
    text = _DOCTOR.sub(_doctor_or_drive, text)
    text = _SAINT.sub(_saint_or_street, text)
    text = _FIGURES.sub(lambda m: _cased(m[1][0], BEFORE_FIGURES[m[1].lower()]) + " ", text)
    text = _ROMAN.sub(lambda m: _cased(m[1][0], BEFORE_FIGURES[m[1].lower()]) + " ", text)
    text = _SHORT_MONTH.sub(lambda m: MONTHS[m[1] or m[2]], text)
    text = _MONTH.sub(lambda m: MONTHS[m[1]] + _stop(m), text)
    text = _DAY.sub(lambda m: WEEKDAYS[m[1]], text)
    text = _PLAIN.sub(lambda m: PLAIN[m[1]] + _stop(m), text)
    text = _MANY_LETTERS.sub(_letters, text)
    return _INITIAL.sub(lambda m: m[0] if m["word"] in STARTERS else f"{m[1]} ", text).replace(
        "  ", " "
    )


def _stop(found: re.Match[str], is_time: bool = False) -> str:
    """Returns "." if the full stop of a short form also ends a sentence."""
    if found["next"] is None:  # a comma or another sign follows
        return ""
    word = found["word"] or ""
    if not word:
        return "."
    if is_time:
        return "." if word[0].isupper() and word not in AFTER_TIMES else ""
    return "." if word in STARTERS else ""


def _cased(first: str, words: str) -> str:
    return words.capitalize() if first.isupper() else words


def _doctor_or_drive(found: re.Match[str]) -> str:
    before, word = found["street"] or "", found["word"] or ""
    is_street = bool(before) and before.strip() not in STARTERS
    if word[:1].isupper() and (word not in STARTERS or not is_street):
        return f"{before}Doctor"
    return f"{before}Drive{_stop(found)}" if is_street else f"{before}Doctor{_stop(found)}"


def _saint_or_street(found: re.Match[str]) -> str:
    before, word = found["before"] or "", found["word"] or ""
    name = before.strip()
    is_named = word[:1].isupper() and word not in STARTERS
    is_nth = bool(re.fullmatch(r"[0-9]{1,4}(?:st|nd|rd|th)", name))
    is_street = name not in STARTERS and (is_nth or name[:1].isupper())
    if is_named and (not is_street or name in PLACES):
        return f"{before}Saint"
    return f"{before}Street{_stop(found)}"


def _letters(found: re.Match[str]) -> str:
    letters = found[1].replace(".", "").upper()
    is_time = letters in {"AM", "PM"}
    return letters + _stop(found, is_time)
