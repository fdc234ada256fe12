"""What kvw speaks by itself, and what it gives to read: by language, one JSON file each.

All of it was written for this project. No text has two roles: what a voice is searched and taught
with must not be what it is judged by. Lengths are phonemes as `kvoicewalk.phonemes` counts them,
stress marks and spaces included.
"""

import functools
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from kvoicewalk.errors import ConfigError
from kvoicewalk.languages import DEFAULT_LANG, LANGUAGES, LETTERS

HELD_OUT_LENGTHS = (10, 40, 100, 200, 400)


def _check(text: str) -> str:
    if not text or text != " ".join(text.split()):
        raise ValueError("a text has at least one word, and single spaces between words")
    if any(c.isdigit() for c in text):
        raise ValueError("a text has no figures: each front end reads them in its own way")
    return text


Text = Annotated[str, AfterValidator(_check)]
Several = Annotated[tuple[Text, ...], Field(min_length=1)]


class Texts(BaseModel):
    """The texts of one language.

    Attributes:
        note: for whoever edits the file.
        target: spoken for likeness where no words are given; about 11 s.
        probe: spoken for stability; as long, and without a sentence of `target`.
        screening: short; the first heat of a ranking.
        script: paragraphs to be read aloud for a recording, together about a minute.
        held_out: phonemes a text, about → texts that no search speaks.
        lessons: what a voice learns from: short, of many lengths.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str = ""
    target: Text
    probe: Text
    screening: Text
    script: Several
    held_out: Mapping[int, Several]
    lessons: Several

    @field_validator("held_out")
    @classmethod
    def _has_all_lengths(cls, value: Mapping[int, Several]) -> Mapping[int, Several]:
        if tuple(value) != HELD_OUT_LENGTHS:
            found, expected = (", ".join(map(str, one)) for one in (value, HELD_OUT_LENGTHS))
            raise ValueError(f"the lengths are {found or 'missing'}; expected {expected}")
        return MappingProxyType(dict(value))

    @model_validator(mode="after")
    def _says_nothing_twice(self) -> "Texts":
        texts = (*self.spoken, *self.script)
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is there twice")
        return self

    @property
    def all_held_out(self) -> tuple[str, ...]:
        """The held-out texts of all lengths, short ones first."""
        return tuple(text for texts in self.held_out.values() for text in texts)

    @property
    def spoken(self) -> tuple[str, ...]:
        """All that a voice speaks: everything but the script."""
        return (self.target, self.probe, self.screening, *self.all_held_out, *self.lessons)


@functools.cache
def texts_of(lang: str = DEFAULT_LANG) -> Texts:
    """Returns the texts of a language; each is read once.

    Raises:
        ConfigError: no such language, or its file is missing or damaged.
    """
    if lang not in LANGUAGES:
        raise ConfigError(f"{lang!r} is no language; use one of: {' '.join(LETTERS)}.")
    name = f"{LANGUAGES[lang].texts}.json"
    try:
        content = (resources.files(__name__) / name).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the texts of {LANGUAGES[lang].name} are missing ({name}); install kvoicewalk again."
        ) from error
    return parse_texts(content, name)


def parse_texts(content: bytes, name: str) -> Texts:
    """Reads a file of texts.

    Args:
        content: JSON with the fields of `Texts`, in UTF-8.
        name: of the file, for messages.

    Raises:
        ConfigError: it is no JSON, a field is missing or unknown, or a text cannot be used.
    """
    try:
        return Texts.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        reason = f"{where}: {reason}" if where else reason
        raise ConfigError(f"{name} cannot be used as texts: {reason}.") from error
