"""The target's recordings → what is used of them, and their words where Whisper hears them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.app.language import in_language
from kvoicewalk.errors import AudioError, ConfigError, Message, Setting
from kvoicewalk.languages import ENGLISH, letter_of

if TYPE_CHECKING:
    from kvoicewalk.audio import Recording, Utterance
    from kvoicewalk.config import RunConfig, TargetConfig
    from kvoicewalk.judges import Listener
    from kvoicewalk.scoring.speaker import Resemblyzer

TRANSCRIBE = Setting("is_transcribed", True)
GIVE_WORDS = Message("give the words with ", Setting("words"), ".")


def read_clips(config: "TargetConfig") -> "list[Recording]":
    """Reads the target's clips and refuses what is no use, before anything slow is loaded.

    Raises:
        ConfigError: none is named.
        AudioError: one is no use.
    """
    if not config.paths:
        raise ConfigError("no target was given; name at least one recording.")
    from kvoicewalk.audio import check_recording, read_recording

    clips = []
    for path in config.paths:
        clip = read_recording(path, config.words or "", config.limits.max_s, config.channel)
        try:
            check_recording(clip.utterance, config.limits)
        except AudioError as error:
            raise AudioError(f"{path}: ", error) from error
        clips.append(clip)
    return clips


def choose_clips(
    config: "TargetConfig",
    recordings: "Sequence[Recording]",
    encoder: "Resemblyzer",
    events: Events,
) -> "list[Utterance]":
    """Returns what is used of each recording; says where it is a part, and what is wrong with it.

    Args:
        config: names them.
        recordings: as `read_clips` gives them.
        encoder: tells voices apart.
        events: hear of it.
    """
    from kvoicewalk.target.examine import compare_clips, examine, find_copies

    clips = []
    together_s = sum(recording.utterance.duration_s for recording in recordings)
    for path, recording in zip(config.paths, recordings, strict=True):
        examined = examine(recording, config.limits, encoder, together_s)
        if examined.part is not None:
            events.note(f"{path.name}: using {examined.part.describe()}.")
        if examined.figures.offset:
            events.note(f"{path.name}: a constant offset was taken out.")
        for fault in examined.faults:
            events.warning(Message(f"{path.name}: ", fault.words))
        clips.append(examined.utterance)
    if len(clips) > 1:
        names = [path.name for path in config.paths]
        for _, found in compare_clips(names, clips, encoder, config.limits):
            if found.grade != "ok":
                events.warning(found.words)
        for found in find_copies(names, [recording.utterance for recording in recordings]):
            events.warning(found.words)
    return clips


def listener_for(config: "RunConfig") -> "Listener":
    """Returns Whisper, not loaded yet.

    Raises:
        ConfigError: it is missing.
    """
    from kvoicewalk.judges import UnavailableError, open_listener

    listener = open_listener(config.judges, None)  # a recording may be in any language
    try:
        listener.require()
    except UnavailableError as error:
        raise ConfigError(TRANSCRIBE, f": Whisper is {error}, or ", GIVE_WORDS) from None
    return listener


def transcribe(
    config: "RunConfig", clips: "Sequence[Utterance]", listener: "Listener", events: Events
) -> "tuple[RunConfig, list[Utterance]]":
    """Returns the config and the clips with the first clip's words, as Whisper hears them.

    The run is in their language, unless another one was asked for.

    Raises:
        ConfigError: Whisper cannot be loaded, stops by itself, hears no word, or does not know
            the language that was asked for.
    """
    from kvoicewalk.judges import UnavailableError

    try:
        heard = listener.hear(clips[0])
    except UnavailableError as error:
        raise ConfigError(TRANSCRIBE, f": Whisper {error}; ", GIVE_WORDS) from None
    finally:
        listener.close()
    asked = config.synth.lang
    if heard.is_english and asked is not None and asked not in ENGLISH:
        raise ConfigError(
            TRANSCRIBE,
            ": this Whisper understands English alone; run 'kvw setup --judges' for the other, or ",
            GIVE_WORDS,
        )
    text, spoken = heard.text, letter_of(heard.language)
    if not text:
        raise ConfigError(TRANSCRIBE, ": no word was heard; ", GIVE_WORDS)
    events.note(f"heard: {text}")
    # Written into the run: going on with it hears nothing anew.
    if spoken is None and heard.language:
        events.note(
            f"the recording is in a language that Kokoro does not speak ({heard.language}): its "
            "words are left alone."
        )
        target = config.target.model_copy(update={"is_transcribed": False})
        return config.model_copy(update={"target": target}), list(clips)
    if spoken is not None and asked is None:
        config = in_language(config, spoken, "that of the recording, by Whisper", events)
    update = {"words": text, "text": text, "is_text_open": True, "is_transcribed": False}
    target = config.target.model_copy(update=update)
    first = replace(clips[0], text=text)
    return config.model_copy(update={"target": target}), [first, *clips[1:]]
