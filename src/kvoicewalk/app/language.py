"""Decides which language a run is in: the one asked for, else that of the words, else the voice's.

A recording may be in another language than the run: then the voice gets its timbre from the clip,
and speaks as voices of the run's language do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.app.voice_spec import lang_of_voice
from kvoicewalk.errors import Message, Setting
from kvoicewalk.languages import DEFAULT_LANG, LANGUAGES
from kvoicewalk.text_language import guess_lang

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig

CHANGE = Message("; another one with ", Setting("lang"), ".")


def settle_language(config: "RunConfig", events: Events, voices: Sequence[str] = ()) -> "RunConfig":
    """Returns a new run's config with its language; says which, where it is not English.

    Args:
        config: as it was asked for.
        events: hear of it.
        voices: what names the voices that are to be judged, or the one to start from.

    Raises:
        VoiceError: a sidecar is damaged.
    """
    asked = config.synth.lang
    if asked is not None:
        if asked != DEFAULT_LANG:
            events.note(f"Language: {describe(asked)}.")
        return config
    found = guess_lang(config.target.words or "")
    if found is not None:
        return in_language(config, found, "that of the words", events)
    langs = {lang_of_voice(spec) for spec in voices}
    found = langs.pop() if len(langs) == 1 else None
    if found is not None:
        whose = "the voice's" if len(voices) == 1 else "that of the voices"
        return in_language(config, found, f"{whose} own", events)
    return config


def in_language(config: "RunConfig", lang: str, why: str, events: Events) -> "RunConfig":
    """Returns a config in a language that nobody asked for, with its texts, and says why."""
    from kvoicewalk.config_file import dump_config, merge_config

    if lang == DEFAULT_LANG:
        return config
    events.note(Message(f"Language: {describe(lang)}, {why}", CHANGE))
    return merge_config(config.command, {"synth": {"lang": lang}}, dump_config(config))


def describe(lang: str) -> str:
    """Returns a language's name and letter, for people."""
    return f"{LANGUAGES[lang].name} ({lang})"
