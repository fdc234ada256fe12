"""Which language a text is in: right where it is told, and nothing where it is not sure."""

import pytest

from kvoicewalk.text_language import COMMON, guess_lang
from kvoicewalk.texts import texts_of


@pytest.mark.parametrize("lang", "aefhijpz")
def test_no_text_is_taken_for_another_language(lang):
    texts = [*texts_of(lang).spoken, *texts_of(lang).script]
    assert {guess_lang(text) for text in texts} <= {lang, None}
    long = [text for text in texts if len(text) > 100]
    assert sum(guess_lang(text) == lang for text in long) >= 0.8 * len(long)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("And ye shall know the truth, and the truth shall make you free.", "a"),
        ("Ich hab mein Herz in Heidelberg verloren, in einer lauen Sommernacht.", None),
        ("Het is een mooie dag en de kinderen spelen in de tuin van het huis.", None),
        ("Det var en gång en liten flicka som bodde i en skog med sin mor.", None),
        ("Привет, как дела сегодня?", None),
        ("12:30, 14. 7. 2026", None),
        ("Hello", None),
        ("", None),
        ("東京は今日も雨です。", "j"),
        ("他说 OK，没问题。", "z"),
        ("नमस्ते, आप कैसे हैं? OK", "h"),
    ],
)
def test_other_texts(text, lang):
    assert guess_lang(text) == lang


def test_every_word_is_as_it_is_looked_up():
    assert all(
        word == word.lower() and word.isalpha() for words in COMMON.values() for word in words
    )
