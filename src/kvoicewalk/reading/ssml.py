"""SSML and HTML → blocks: breaks become pauses, the rest of the tags goes.

Tags are read by Python's lenient HTML parser, which resolves no outside entities.
"""

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

from kvoicewalk.reading.markup import pause_mark, pronounced
from kvoicewalk.reading.pieces import Block, BlockKind, Notify

# Source: Microsoft's reference of SSML, element break; W3C names the strengths without times.
STRENGTHS_S = {
    "none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25,
}  # fmt: skip
NOT_HONOURED = frozenset(["emphasis", "prosody", "voice", "lang", "audio"])
NOT_SPOKEN = frozenset(["metadata", "desc", "script", "style", "head", "title", "lexicon"])
SPELLED = frozenset(["characters", "spell-out", "digits", "verbatim"])
HTML_BLOCKS: dict[str, BlockKind] = {
    "p": "paragraph", "div": "paragraph", "blockquote": "paragraph", "section": "paragraph",
    "article": "paragraph", "li": "item", "tr": "item", "dt": "item", "dd": "item",
    **{f"h{level}": "heading" for level in range(1, 7)},
}  # fmt: skip

_ROOT = re.compile(
    r"\s{0,100}(?:<\?xml[^>]{0,200}\?>\s{0,100})?<(?:\w{1,20}:)?speak\b", re.IGNORECASE
)
# Python's parser takes a time that grows with the square of tags that are never closed.
_STRAY = re.compile(r"<(?!/?[A-Za-z][^<>]{0,1000}>)")
_TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(ms|s)", re.IGNORECASE)


def is_ssml(text: str) -> bool:
    """Tells whether a text is a document of SSML."""
    return _ROOT.match(text) is not None


def read_ssml(text: str, notify: Notify) -> list[Block]:
    """Returns the paragraphs of SSML, or of HTML, with pauses and pronunciations marked.

    Args:
        text: with tags; damaged ones are passed over.
        notify: told of tags that change nothing here.
    """
    reader = _Reader()
    reader.feed(_only_tags(text))
    reader.close()
    if reader.passed_over:
        names = ", ".join(f"<{name}>" for name in sorted(reader.passed_over))
        notify(f"SSML: {names} changes nothing here; the words in it are spoken.")
    return reader.end_block()


def read_tag(tag: str) -> str:
    """Returns what one tag within a text stands for: a pause, a blank, or nothing."""
    if re.match(r"</?br\b", tag, re.IGNORECASE):
        return " "
    reader = _Reader()
    reader.feed(_only_tags(tag))
    return "".join(block.text for block in reader.end_block())


class _Reader(HTMLParser):
    """Collects words; `blocks` are those that are complete."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.passed_over: set[str] = set()
        self._blocks: list[Block] = []
        self._words: list[str] = []
        self._kind: BlockKind = "paragraph"
        self._silent: str | None = None  # the tag whose words are not spoken
        # The innermost tag whose words are spoken otherwise, where they begin, and how.
        self._held: tuple[str, int, str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        name = tag.rpartition(":")[2]
        given = {key: value or "" for key, value in attrs}
        if self._silent is not None:
            return
        if name in NOT_SPOKEN:
            self._silent = tag
        elif name == "break":
            self._words.append(pause_mark(_break_s(given)))
        elif name in ("sub", "phoneme", "say-as") and self._held is None:
            self._hold(tag, name, given)
        elif name in HTML_BLOCKS:
            self._end_block()
            self._kind = HTML_BLOCKS[name]
        elif name == "hr":
            self._end_block()
            self._blocks.append(Block("", "scene"))
        elif name == "br":
            self._words.append(" ")
        elif name in NOT_HONOURED:
            self.passed_over.add(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`; such a tag holds no words."""
        if tag.rpartition(":")[2] in ("break", "br", "hr"):
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        name = tag.rpartition(":")[2]
        if tag == self._silent:
            self._silent = None
        elif self._held is not None and tag == self._held[0]:
            self._release()
        elif name in HTML_BLOCKS:
            self._end_block()
        elif name == "s":
            self._end_sentence()

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if self._silent is None:
            self._words.append(data)

    def end_block(self) -> list[Block]:
        """Returns all blocks, what is open now as the last."""
        if self._held is not None:
            self._release()
        self._end_block()
        return self._blocks

    def _hold(self, tag: str, name: str, given: dict[str, str]) -> None:
        how = given.get("interpret-as", "").lower()
        if name == "sub":
            self._held = tag, len(self._words), "say", given.get("alias", "")
        elif name == "say-as" and how in SPELLED:
            self._held = tag, len(self._words), "spell", ""
        elif name == "phoneme" and given.get("alphabet", "ipa").lower() == "ipa":
            self._held = tag, len(self._words), "pronounce", given.get("ph", "")
        elif name == "phoneme":
            self.passed_over.add(name)

    def _release(self) -> None:
        assert self._held is not None
        _, start, how, value = self._held
        words = " ".join("".join(self._words[start:]).split())
        del self._words[start:]
        if how == "spell":
            words = " ".join(sign for sign in words.upper() if not sign.isspace())
        elif how == "pronounce":
            words = pronounced(words, value)
        elif value.strip():
            words = value
        self._words.append(words)
        self._held = None

    def _end_sentence(self) -> None:
        last = next((word.rstrip() for word in reversed(self._words) if word.strip()), "")
        if last[-1:].isalnum():
            self._words.append(". ")

    def _end_block(self) -> None:
        text = "".join(self._words).strip()
        if text:
            self._blocks.append(Block(text, self._kind))
        self._words = []
        self._kind = "paragraph"
        self._held = None


def _only_tags(text: str) -> str:
    """Returns a text in which each < begins a whole tag: no comments, CDATA or declarations."""
    text = _replaced(text, "<!--", "-->", lambda _comment: "")
    text = _replaced(text, "<![CDATA[", "]]>", lambda words: html.escape(words, quote=False))
    text = _replaced(text, "<?", "?>", lambda _instruction: "")
    text = _replaced(text, "<!", ">", lambda _declaration: "")
    return _STRAY.sub("&lt;", text)


def _replaced(text: str, begin: str, end: str, by: Callable[[str], str]) -> str:
    kept, at = [], 0
    while (start := text.find(begin, at)) >= 0:
        stop = text.find(end, start + len(begin))
        if stop < 0:
            break
        kept += [text[at:start], by(text[start + len(begin) : stop])]
        at = stop + len(end)
    return "".join([*kept, text[at:]])


def _break_s(given: dict[str, str]) -> float:
    time = _TIME.fullmatch(given.get("time", "").strip())
    if time is None:
        return STRENGTHS_S.get(given.get("strength", "").lower(), STRENGTHS_S["medium"])
    return float(time[1]) * (0.001 if time[2].lower() == "ms" else 1.0)
