"""Markdown → blocks: headings, lists, tables and rules are kept as such, their signs are not read.

Plain text is markdown, too: paragraphs are parted by empty lines, `* * *` is a scene break, a word
in _underscores_ is emphasised. Only indented code is not looked for, as books indent verses.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kvoicewalk.reading import paragraphs, ssml
from kvoicewalk.reading.markup import is_pronunciation
from kvoicewalk.reading.pieces import Block, BlockKind, Notify

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

PART_CHARACTERS = 100_000
MAX_HEADING_CHARACTERS = 200  # a line under a paragraph makes no heading of it

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]{0,500}\n){0,100}?---[ \t]*\n")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n(?=\S)")
_FENCES = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_TASK = re.compile(r"\[[ xX]\] ")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_PRODUCT = re.compile(r"(?<=\d) ?\* ?(?=\d)")


def read_markdown(text: str, notify: Notify) -> list[Block]:
    """Returns the blocks of a text, with pauses and pronunciations marked in them.

    Args:
        text: tidied, see `tidy`.
        notify: told of what is left out.
    """
    text = _FRONT_MATTER.sub("", text, count=1) if text.startswith("---") else text
    text = _PRODUCT.sub(" × ", _FOOTNOTE.sub("", text))
    reader, parser = _Reader(notify), _parser()
    for part in _parts(text):
        lines = part.split("\n")
        for token in parser.parse(part):
            if token.type == "fence":
                reader.take_code(token, lines)
            else:
                reader.take(token)
    if reader.n_code:
        what = "1 block of code" if reader.n_code == 1 else f"{reader.n_code} blocks of code"
        notify(f"{what} left out.")
    return reader.blocks


def _parts(text: str) -> Iterator[str]:
    """Yields a text in parts that the parser can hold: it takes fifty bytes for each character.

    A part ends at an empty line, outside of code.
    """
    start = counted = n_fences = 0
    for found in _EMPTY_LINES.finditer(text):
        end = found.end()
        if end - start < PART_CHARACTERS:
            continue
        n_fences += len(_FENCES.findall(text, counted, end))
        counted = end
        if n_fences % 2 == 0:
            yield text[start:end]
            start = end
    yield text[start:]


def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable("table").disable("code")
    # Addresses are looked at as they are written: what Kokoro's pronunciations stand in for.
    vars(parser).update(normalizeLink=lambda url: url, validateLink=lambda _url: True)
    return parser


class _Reader:
    """Takes the parser's tokens one after the other."""

    def __init__(self, notify: Notify) -> None:
        self.blocks: list[Block] = []
        self.n_code = 0
        self._notify = notify
        self._n_items = 0  # that are open
        self._label = ""  # the number of the item that begins
        self._is_heading = False
        self._cells: list[str] | None = None

    def take(self, token: "Token") -> None:
        """Takes one more token of the top level."""
        kind = token.type
        if kind == "inline":
            self._take_inline(token)
        elif kind == "hr":
            self._add("", "scene")
        elif kind == "html_block":
            self.blocks += ssml.read_ssml(token.content, self._notify)
        elif kind in ("heading_open", "heading_close"):
            self._is_heading = kind == "heading_open"
        elif kind == "list_item_open":
            self._label = f"{token.info}. " if token.info else ""
            self._n_items += 1
        elif kind == "list_item_close":
            self._n_items -= 1
            if self._label:  # "4." on a line of its own is a chapter, not a list
                block = paragraphs.named(self._label)
                self._add(block.text, block.kind)
                self._label = ""
        elif kind == "tr_open":
            self._cells = []
        elif kind == "tr_close":
            self._add(", ".join(filter(None, self._cells or [])), "item")
            self._cells = None

    def take_code(self, token: "Token", lines: Sequence[str]) -> None:
        """Leaves a block of code out; one that is never closed would hold the rest of the text."""
        start, end = token.map or (0, len(lines))
        last = lines[end - 1].strip("> \t")
        if end - start > 1 and last.startswith(token.markup):
            self.n_code += 1
        else:
            self.blocks += paragraphs.split_paragraphs(token.content)

    def _take_inline(self, token: "Token") -> None:
        text = _words(token.children or [])
        if self._cells is not None:
            self._cells.append(text.strip())
        elif self._is_heading:
            is_long = len(text) > MAX_HEADING_CHARACTERS
            # An empty heading, "#" alone, parts scenes in manuscripts.
            self._add(text, "paragraph" if is_long else "heading" if text else "scene")
        elif self._n_items:
            self._add(self._label + _TASK.sub("", text, count=1), "item")
            self._label = ""
        else:
            block = paragraphs.named(text)
            self._add(block.text, block.kind)

    def _add(self, text: str, kind: BlockKind) -> None:
        if text.strip() or kind == "scene":
            self.blocks.append(Block(text.strip(), kind))


def _words(tokens: "Sequence[Token]") -> str:
    """Returns what is read of the tokens within a block."""
    words: list[str] = []
    links: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((len(words), str(token.attrs.get("href", ""))))
            words.append("")
        elif token.type == "link_close" and links:
            start, address = links.pop()
            if is_pronunciation(address):
                words[start] = "["
                words.append(f"]({address})")
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "html_inline":
            words.append(ssml.read_tag(token.content))
        else:  # text, code within a line, the words for an image
            words.append(token.content)
    return "".join(words)
