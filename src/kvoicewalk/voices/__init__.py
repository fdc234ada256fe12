"""Voices: load safely, check, save in any form, mix; a folder of them.

A voice is one float32 array (510, 1, 256): a chunk of n phonemes is spoken with row n − 1.
Columns `TIMBRE` feed the decoder, columns `PROSODY` the duration, pitch and energy predictor.
"""

from kvoicewalk.voices.files import (
    UNREADABLE,
    form_of,
    load_voice,
    load_voices,
    save_voice,
    save_voices,
)
from kvoicewalk.voices.folder import VoiceLibrary, load_readable, voice_files
from kvoicewalk.voices.foreign import is_sound, recording_as_voice
from kvoicewalk.voices.formats import FORMAT_NAMES, FORMATS, format_for, format_named
from kvoicewalk.voices.formats.base import MAX_FILE_BYTES, MAX_ROWS, Format
from kvoicewalk.voices.formats.raw import RAW_BYTES
from kvoicewalk.voices.mix import mean_voice, mix_voices, parse_mix, split_mix
from kvoicewalk.voices.names import is_file_name, meant_name, unknown_voice
from kvoicewalk.voices.sidecar import SIDECAR_ENDING, read_sidecar, sidecar_path
from kvoicewalk.voices.voice import (
    N_ROWS,
    PROSODY,
    STYLE_DIM,
    TIMBRE,
    Rows,
    Voice,
    voice_lang,
)

__all__ = [
    "FORMATS",
    "FORMAT_NAMES",
    "MAX_FILE_BYTES",
    "MAX_ROWS",
    "N_ROWS",
    "PROSODY",
    "RAW_BYTES",
    "SIDECAR_ENDING",
    "STYLE_DIM",
    "TIMBRE",
    "UNREADABLE",
    "Format",
    "Rows",
    "Voice",
    "VoiceLibrary",
    "form_of",
    "format_for",
    "format_named",
    "is_file_name",
    "is_sound",
    "load_readable",
    "load_voice",
    "load_voices",
    "mean_voice",
    "meant_name",
    "mix_voices",
    "parse_mix",
    "read_sidecar",
    "recording_as_voice",
    "save_voice",
    "save_voices",
    "sidecar_path",
    "split_mix",
    "unknown_voice",
    "voice_files",
    "voice_lang",
]
