"""Bytes of text files, whatever program saved them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.errors import ConfigError
from kvoicewalk.reading.encoding import decode_text

SAID = "He said “naïve café” — and left.\r\nThen he came back."


def decode(data, **options):
    notes = []
    return decode_text(data, "a.txt", notes.append, **options), notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_without_a_word(encoding):
    assert decode(SAID.encode(encoding)) == (SAID, [])


@pytest.mark.parametrize(
    ("text", "encoding", "lang"),
    [
        (SAID, "cp1252", "a"),
        (SAID, "mac_roman", None),
        (SAID, "utf-16-le", None),
        (SAID, "utf-16-be", None),
        ("Café.", "utf-16-be", None),
        ("Le café était fermé.", "latin-1", "f"),
        ("It’s 5 o’clock.", "cp1252", "a"),
        ("Das kostet 5 € für alle.", "cp1252", None),
        ("El niño comió piñas; ¿qué más? ¡Ay!", "cp1252", "e"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp1250", None),
        ("Он сказал: привет, мир. Это длинный русский текст.", "cp1251", "a"),
        ("これは日本語の文章です。東京へ行きます。", "cp932", "j"),
        ("これは日本語の文章です。東京へ行きます。", "euc_jp", "j"),
        ("这是一个中文句子。我们去北京。", "gb18030", "z"),
        ("這是一個中文句子。我們去北京。", "big5", "z"),
    ],
)
def test_older_encodings_are_found_and_told(text, encoding, lang):
    found, notes = decode(text.encode(encoding), lang=lang)
    assert found == text
    assert len(notes) == 1
    assert "is not UTF-8; read as" in notes[0]


def test_one_accent_late_in_a_long_text_is_enough():
    text = "It was late. " * 20_000 + "Café."
    assert decode(text.encode("cp1252"))[0] == text


def test_a_named_encoding_is_taken():
    assert decode("Größe".encode("cp850"), encoding="cp850") == ("Größe", [])
    assert decode("\ufeffHi".encode("utf-16-le"), encoding="utf-16-le") == ("Hi", [])
    for encoding, words in (("nonsense", "no such encoding"), ("hex", "no such encoding")):
        with pytest.raises(ConfigError, match=words):
            decode(b"a", encoding=encoding)
    with pytest.raises(ConfigError, match="no letters for"):
        decode(b"\xff", encoding="ascii")


def test_a_damaged_character_is_left_out():
    found, notes = decode(("é" * 40).encode() + b"\xc3 end")
    assert found == "é" * 40 + " end"
    assert "1 damaged" in notes[0]


def test_a_stray_null_is_left_out():
    found, notes = decode(b"Bell, null \0 and escape.")
    assert found == "Bell, null  and escape."
    assert "1 damaged character;" in notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4\n", "is a PDF"),
        (b"PK\x03\x04rest", "an EPUB"),
        (b"{\\rtf1 x}", "an RTF"),
        (b"\x1f\x8b\x08", "a packed file"),
        (b"a\0b", "not UTF-8 text"),
        (b"\xff\xfe\0", "damaged utf-16"),
        (bytes(range(256)), "not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_refused(data, words):
    with pytest.raises(ConfigError, match=words):
        decode(data)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, "a", "j", "z"]))
def test_any_bytes_are_text_or_refused(data, lang):
    try:
        text, _ = decode(data, lang=lang)
    except ConfigError:
        return
    assert "\0" not in text
    text.encode()
