"""Roman numbers, where the words before them say that they are numbers."""

import re

from kvoicewalk.english.numbers import ordinal, roman

_PARTS = (
    "World War|Chapter|Part|Act|Scene|Volume|Book|Section|Article|Appendix|Figure|Phase|Type|Level|"
    "Episode|Season|Stage|Title|Grade|Super Bowl|Final Fantasy|Rocky|Canto|Table|Class|Mark"
)
_KINGS = (
    "Louis|Henry|Charles|Edward|George|William|James|Richard|John|Pius|Benedict|Paul|Leo|Gregory|"
    "Urban|Innocent|Clement|Alexander|Elizabeth|Mary|Catherine|Philip|Ferdinand|Frederick|Wilhelm|"
    "Napoleon|Nicholas|Peter|Ramses|Ramesses|Thutmose|Ptolemy|Cleopatra|Otto|Gustav|Christian|"
    "Haakon|Harald|Olaf|Boniface|Sixtus|Julius|Darius|Xerxes|Antiochus|Amenhotep|Seti|Robert|David|"
    "Alfonso|Carlos|Juan|Umberto|Emmanuel|Joseph|Leopold|Albert|Margaret|Eric|Ivan|Constantine|"
    "Justinian|Theodosius|Victor|Francis|Rudolf|Maximilian|Sigismund|Stephen"
)
_AFTER_ONE = r"(?=[.,;:!?)]|$| (?:of|was|and|is|in|to|had|died|became|ruled|begins|ends|who)\b)"
_NUMBER = rf"(?P<roman>[IVXLCDM]{{2,9}}|[VX]|I{_AFTER_ONE})\b(?!['’][tmldvr])"
_PART = re.compile(rf"\b(?P<name>(?i:{_PARTS})) {_NUMBER}")
_SMALL = re.compile(r"\b(?P<name>(?i:chapter|page|part|act|scene)) (?P<roman>[ivxl]{2,9})\b")
_KING = re.compile(rf"\b(?P<name>{_KINGS}) {_NUMBER}")


def spell_roman(text: str) -> str:
    """Returns "Louis XIV" as "Louis the fourteenth", "World War II" as "World War 2"."""
    text = _PART.sub(_as_figure, text)
    text = _SMALL.sub(_as_figure, text)
    return _KING.sub(_as_ordinal, text)


def _as_figure(found: re.Match[str]) -> str:
    n = roman(found["roman"])
    return found[0] if n is None or n > 200 else f"{found['name']} {n}"


def _as_ordinal(found: re.Match[str]) -> str:
    n = roman(found["roman"])
    is_number = n is not None and n <= 30
    return f"{found['name']} the {ordinal(str(n))}" if is_number else found[0]
