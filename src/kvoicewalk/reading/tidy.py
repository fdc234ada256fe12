"""Signs that are not read aloud: line ends, control codes, ligatures, invisible marks, emoji."""

import unicodedata

import regex

# What editors and terminals colour text with: ESC [ … letter, and ESC ] … BEL.
_TERMINAL = regex.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)"
)
_LINE_ENDS = regex.compile(r"\r\n?|[\x85\u2028\x0b\x0c]")
# Soft hyphens, zero-width signs, marks of direction; not U+200C and U+200D, which Hindi uses.
_INVISIBLE = regex.compile(
    r"\u00ad\n?|[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_WRAPPED = regex.compile(r"(?<=\p{L})-[ \t]*\n[ \t]*(?=\p{Ll})")

# Other signs for the same letters. Not so ² and ½, which are figures, nor … and ´, of which there
# would remain full stops and a blank.
_OTHER_FORMS = frozenset(
    ["<font>", "<wide>", "<narrow>", "<noBreak>", "<isolated>", "<initial>", "<medial>", "<final>",
     "<vertical>", "<square>", "<circle>", "<compat>"]
)  # fmt: skip
_KEPT = frozenset("…‥")
_HYPHEN = "\u2010"

# ©, ® and ™ have sounds; figures and # belong to an emoji only before U+20E3.
_SIGN = (
    r"(?:\p{Regional_Indicator}{1,2}|[\p{Emoji}--[0-9#*©®™‼⁉ℹ↔-↙↩↪〰〽㊗㊙Ⓜ]]"
    r"[\ufe0e\ufe0f\u20e3\p{Emoji_Modifier}\U000e0020-\U000e007f]*)"
)
_EMOJI = regex.compile(rf"{_SIGN}(?:\u200d{_SIGN})*", regex.VERSION1)
_EMOJI_RUN = regex.compile(
    rf"{_SIGN}(?:\u200d{_SIGN})*(?:[ \t]*{_SIGN}(?:\u200d{_SIGN})*)*", regex.VERSION1
)
_LEFT_OVER = regex.compile(r"[\ufe0e\ufe0f\u20e3]")
_NO_SPACE_BEFORE = ("", *",.;:!?…)]}”’\n")


def tidy(text: str) -> str:
    """Returns a text with plain line ends and letters, and without signs that nobody sees.

    Ligatures, full-width, circled and mathematical letters become plain ones, an accent joins its
    letter, a word that was parted at the end of a line is joined again. Emoji stay.
    """
    text = _TERMINAL.sub("", text)
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    text = _INVISIBLE.sub("", text)
    text = unicodedata.normalize("NFC", text)
    text = text.translate({ord(sign): _plain(sign) for sign in set(text) if not "!" <= sign <= "~"})
    return str(_WRAPPED.sub("-", text))


def drop_emoji(text: str) -> tuple[str, int]:
    """Returns a text without emoji, and how many there were."""
    runs = list(_EMOJI_RUN.finditer(text))
    ends = [0, *(run.end() for run in runs)]
    starts = [*(run.start() for run in runs), len(text)]
    kept: list[str] = []
    last = ""
    for number, (start, end) in enumerate(zip(ends, starts, strict=True)):
        part = text[start:end]
        if number:  # what stood around an emoji is parted by one blank, or by none
            part = part.lstrip(" \t")
            is_at_edge = last in ("", "\n") or part[:1] in _NO_SPACE_BEFORE
            kept.append("" if is_at_edge else " ")
        kept.append(part.rstrip(" \t") if number < len(runs) else part)
        last = kept[-1][-1:] or last
    n_dropped = sum(len(_EMOJI.findall(run[0])) for run in runs)
    return _LEFT_OVER.sub("", "".join(kept)), n_dropped


def _plain(sign: str) -> str:
    if sign in "\n\t":
        return sign
    if unicodedata.category(sign) in {"Cc", "Cs", "Cn", "Co"}:
        return " "
    kind, _, parts = unicodedata.decomposition(sign).partition(" ")
    is_accent = parts.startswith("0020 ")  # on a blank
    if kind not in _OTHER_FORMS or sign in _KEPT or is_accent:
        return "-" if sign == _HYPHEN else sign
    return unicodedata.normalize("NFKC", sign).replace(_HYPHEN, "-")
