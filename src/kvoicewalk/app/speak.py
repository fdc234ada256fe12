"""A voice speaks a text: `speak`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.voices import Voice


@dataclass(frozen=True)
class Spoken:
    """Speech, and what it was made with.

    Attributes:
        utterance: mono, 24 kHz.
        voice: that spoke.
        model: its name and the hash of its weights.
        lang: language letter of the text.
    """

    utterance: "Utterance"
    voice: "Voice"
    model: str
    lang: str


def speak_voice(config: "RunConfig", voice: "Voice | str", text: str, events: Events) -> Spoken:
    """Speaks a text.

    Args:
        config: with model, seed, language and speed.
        voice: a voice, or what names one.
        text: of any length.
        events: hear of it.

    Raises:
        KvwError: the voice, the model or the text cannot be used.
    """
    from kvoicewalk.app.session import open_synthesizer
    from kvoicewalk.app.voice_spec import (
        find_voice,
        lang_of_voice,
        refuse_other_models,
        tell_odd_voices,
    )
    from kvoicewalk.languages import DEFAULT_LANG
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.voices import voice_lang

    specs = [voice] if isinstance(voice, str) else []
    own_lang = lang_of_voice(voice) if isinstance(voice, str) else voice_lang(voice.name)
    if isinstance(voice, str):  # before the slow part
        voice = find_voice(voice, stock_voice_source(config.model.name))
    with events.stage("load"):
        synthesizer = open_synthesizer(config, events)
    identity = synthesizer.model.identity
    refuse_other_models(specs, identity)
    tell_odd_voices([voice], identity, events.warning)
    lang = config.synth.lang or own_lang or DEFAULT_LANG
    with events.stage("speak"):
        utterance = synthesizer.speak(text, voice, seed=config.synth.seed, lang=lang)
    return Spoken(utterance, voice, identity, lang)


def speak_to_file(
    config: "RunConfig", voice_spec: str, text: str, wav_path: Path | None, events: Events
) -> dict[str, Any]:
    """Speaks and writes the wav; returns where and how, as data.

    Args:
        config: with model, seed, language and speed.
        voice_spec: what names a voice.
        text: of any length.
        wav_path: None makes a run folder for it.
        events: hear of it.

    Raises:
        KvwError: the voice, the model, the text or the path cannot be used.
    """
    from kvoicewalk.audio import check_wav_path, write_wav
    from kvoicewalk.config_file import dump_config
    from kvoicewalk.store import RunStore, require_writable

    if wav_path is not None:
        check_wav_path(wav_path)
    else:
        require_writable(config.out_dir)
    spoken = speak_voice(config, voice_spec, text, events)
    result = {
        "voice": spoken.voice.name,
        "model": spoken.model,
        "lang": spoken.lang,
        "seed": config.synth.seed,
        "duration_s": spoken.utterance.duration_s,
    }
    if wav_path is not None:
        write_wav(wav_path, spoken.utterance)
        result["wav_path"] = str(wav_path)
    else:
        with (
            RunStore.open(config.out_dir) as store,
            store.start("speak", spoken.voice.name, spoken.model, dump_config(config)) as run,
        ):
            wav_path = run.folder / "speech.wav"
            write_wav(wav_path, spoken.utterance)
            result.update(run=run.run_id, wav_path=str(wav_path))
            run.finish("done", result)
    return result
