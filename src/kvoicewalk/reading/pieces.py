"""What a text becomes before it is spoken: blocks, then pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Notify: TypeAlias = Callable[[str], None]

BlockKind = Literal["paragraph", "heading", "item", "scene"]


@dataclass(frozen=True)
class Block:
    """A part of a text that stands on its own.

    Attributes:
        text: on one line or several; may hold pauses and pronunciations, see `markup`. "" in a
            scene break.
        kind: decides how long the pause around it is.
    """

    text: str
    kind: BlockKind = "paragraph"


@dataclass(frozen=True)
class Speech:
    """Words to be spoken in one breath: a sentence, or a few short ones.

    Attributes:
        text: plain, on one line; Kokoro's own `[word](/phonemes/)` where a pronunciation is given.
    """

    text: str


@dataclass(frozen=True)
class Pause:
    """Silence.

    Attributes:
        seconds: above 0.
    """

    seconds: float


Piece: TypeAlias = Speech | Pause


@dataclass(frozen=True)
class SpeechStep:
    """One more piece of a text is spoken.

    Attributes:
        text: of the piece; "" for what an earlier call had spoken.
        n_characters: spoken so far, of the whole text.
        n_total: characters of the whole text.
        duration_s: of the speech so far.
    """

    text: str
    n_characters: int
    n_total: int
    duration_s: float


def tell_nobody(_message: str) -> None:
    """Ignores the message: for callers who want no notices."""


def quoted(samples: list[str], n_shown: int = 3) -> str:
    """Returns the first of what was found, each once, in quotes, for a notice."""
    distinct = list(dict.fromkeys(samples))
    shown = ", ".join(f"'{one[:20]}'" for one in distinct[:n_shown])
    return shown + (", …" if len(distinct) > n_shown else "")
