"""What a file is that is no voice: a recording, a web page and the like, by its first bytes."""

from kvoicewalk.errors import Call, Setting, VoiceError
from kvoicewalk.voices.formats.raw import RAW_BYTES

SOUND_MARKS = (
    b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff", b"wvpk",
    b"\x1aE\xdf\xa3",
)  # fmt: skip
KINDS = (
    ((b"version https://git-lfs",), "a pointer of Git LFS; fetch the file itself: git lfs pull"),
    ((b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML"), "a web page; download the file itself"),
    ((b"GGUF",), "a GGUF model, which TTS.cpp makes of `.pt` voices; name one of those"),
)


def is_sound(data: bytes) -> bool:
    """Tells whether a file's first bytes are those of a sound file."""
    is_mp3 = data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2
    return data.startswith(SOUND_MARKS) or data[4:8] == b"ftyp" or is_mp3


def recording_as_voice(name: str) -> VoiceError:
    """Returns the error for a recording that is given where a voice is expected."""
    compare = Call("score", Setting("voices"), Setting("target", name))
    return VoiceError(f"{name} is a recording, not a voice; to compare voices with it: ", compare)


def no_voice(where: str, data: bytes) -> VoiceError:
    """Returns the error for a file that cannot be read as a voice."""
    if is_sound(data):
        return recording_as_voice(where)
    for marks, what in KINDS:
        if data.lstrip().startswith(marks):
            return VoiceError(f"{where} is no readable voice file but {what}.")
    if where.lower().endswith(".bin"):
        return VoiceError(
            f"{where} has {len(data)} bytes; a raw voice has {RAW_BYTES} (510 × 256 float32)."
        )
    return VoiceError(
        f"{where} is no readable voice file (damaged, or of no form that is known); "
        "fetch or export it again."
    )
