"""Letters of other scripts."""

import pytest

from kvoicewalk.reading.scripts import drop_foreign, tell_foreign


@pytest.mark.parametrize(
    ("text", "lang", "kept", "words"),
    [
        ("The word 你好 means hello.", "a", "The word  means hello.",
         "'你好' left out: Chinese, not American English; speak it with lang=\"z\" or \"j\"."),
        ("コーヒー, 東京", "b", ", ", "Japanese, not British English; speak it with lang=\"j\"."),
        ("привет hello", "a", " hello", "'привет' left out: Cyrillic, not American English; no "),
        ("नमस्ते", "e", "", "Hindi, not Spanish; speak it with lang=\"h\"."),
        ("안녕 a", "a", " a", "Korean"),
        ("αβγ a", "a", " a", "Greek"),
        ("カタカナ 你好", "z", " 你好", "Japanese, not Mandarin Chinese"),
    ],
)  # fmt: skip
def test_they_are_left_out_and_told(text, lang, kept, words):
    found_text, found = drop_foreign(text, lang)
    (told,) = tell_foreign(found, lang)
    assert found_text == kept
    assert words in told


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Naïve café, Łódź, Ångström, ʼn", "a"),
        ("α and β, 5 μm, 5 Ω", "a"),
        ("[thing](/θˈɪŋβθ/) x", "f"),
        ("नमस्ते hello", "h"),
        ("東京へ行く、コーヒー OK", "j"),
        ("你好 OK", "z"),
        ("x² ½ © → “” — …", "a"),
    ],
)
def test_own_letters_stay(text, lang):
    assert drop_foreign(text, lang) == (text, {})
