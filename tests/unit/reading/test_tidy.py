"""Signs that nobody hears."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.reading.tidy import drop_emoji, tidy


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("oﬃce ﬁne cafe\u0301", "office fine café"),
        (
            "un\u00adbe\u00adliev\u00adable zero\u200bwidth no\u00a0break",
            "unbelievable zerowidth no break",
        ),
        ("soft\u00ad\nhyphen", "softhyphen"),
        ("a\r\nb\rc\x85d\x0ce", "a\nb\nc\nd\ne"),
        ("one\u2029two", "one\n\ntwo"),
        ("\x1b[31mred\x1b[0m and \x1b]0;title\x07more\0", "red and more "),
        ("𝗕𝗼𝗹𝗱 ① ㎞ № Ａ１！ Ⅳ ℃ ‑", "Bold 1 km No A1! IV °C -"),
        ("½ x² H₂O … ™ ´ ©", "½ x² H₂O … ™ ´ ©"),
        ("well-\nknown un- \n usual A-\nBig 3-\n4", "well-known un-usual A-\nBig 3-\n4"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("नमस्\u200dते", "नमस्\u200dते"),
    ],
)
def test_signs_become_plain(text, plain):
    assert tidy(text) == plain


@pytest.mark.parametrize(
    ("text", "plain", "n_dropped"),
    [
        ("Great job 🎉👍🏽! I ❤️ it 👨‍👩‍👧.", "Great job! I it.", 4),
        ("🎉🎉🎉", "", 3),
        ("Hi🎉there", "Hi there", 1),
        ("🎉 Party", "Party", 1),
        ("line 😀\nnext\n😀 third", "line\nnext\nthird", 2),
        ("1️⃣ one 🇩🇪 flag ☺", "1 one flag", 2),
        ("© 2024 ™ 5 → 6 ★ #1 *", "© 2024 ™ 5 → 6 ★ #1 *", 0),
    ],
)
def test_emoji_go_and_are_counted(text, plain, n_dropped):
    assert drop_emoji(text) == (plain, n_dropped)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_tidied_once_and_for_all(text):
    once = tidy(text)
    assert tidy(once) == once
    assert not {"\r", "\0", "\x1b", "\ufeff"} & set(once)
    assert drop_emoji(drop_emoji(once)[0])[1] == 0


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=126, min_codepoint=32)))
def test_plain_ascii_stays_as_it_is(text):
    assert drop_emoji(tidy(text)) == (text, 0)
