"""A voice speaks a text into a file: `speak`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig


def speak_to_file(
    config: "RunConfig", voice_spec: str, text: str, wav_path: Path | None, events: Events
) -> dict[str, Any]:
    """Speaks and writes the wav; returns where and how, as data.

    Raises:
        KvwError: the voice, the model, the text or the path cannot be used.
    """
    from kvoicewalk.app.session import open_synthesizer
    from kvoicewalk.app.voice_spec import (
        find_voice,
        lang_of_voice,
        refuse_other_models,
        tell_odd_voices,
    )
    from kvoicewalk.audio import check_wav_path, write_wav
    from kvoicewalk.config_file import dump_config
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.phonemes import DEFAULT_LANG
    from kvoicewalk.store import RunStore, require_writable

    if wav_path is not None:
        check_wav_path(wav_path)
    else:
        require_writable(config.out_dir)
    voice = find_voice(voice_spec, stock_voice_source(config.model.name))  # before the slow part
    with events.stage("load"):
        synthesizer = open_synthesizer(config, events)
    identity = synthesizer.model.identity
    refuse_other_models([voice_spec], identity)
    tell_odd_voices([voice], identity, events.warning)
    lang = config.synth.lang or lang_of_voice(voice_spec) or DEFAULT_LANG
    with events.stage("speak"):
        utterance = synthesizer.speak(text, voice, seed=config.synth.seed, lang=lang)
    result = {
        "voice": voice.name,
        "model": identity,
        "lang": lang,
        "seed": config.synth.seed,
        "duration_s": utterance.duration_s,
    }
    if wav_path is not None:
        write_wav(wav_path, utterance)
        result["wav_path"] = str(wav_path)
    else:
        with (
            RunStore.open(config.out_dir) as store,
            store.start("speak", voice.name, identity, dump_config(config)) as run,
        ):
            wav_path = run.folder / "speech.wav"
            write_wav(wav_path, utterance)
            result.update(run=run.run_id, wav_path=str(wav_path))
            run.finish("done", result)
    return result
