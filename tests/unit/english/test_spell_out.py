"""English as it is read aloud: figures, signs and short forms become words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.english import spell_out
from kvoicewalk.english.numbers import roman, year
from kvoicewalk.texts import texts_of

READINGS = {
    "10,000 people": "ten thousand people",
    "1,234,567": "one million two hundred thirty-four thousand five hundred sixty-seven",
    "It is 3.14 long.": "It is three point one four long.",
    ".5 inches": "point five inches",
    "-5 degrees": "minus five degrees",
    "007": "zero zero seven",
    "mp3, B2B": "mp three, B two B",
    "$1,234.56": "one thousand two hundred thirty-four dollars and fifty-six cents",
    "$2.50": "two dollars and fifty cents",
    "$0.99 or $1": "ninety-nine cents or one dollar",
    "£5.01": "five pounds and one penny",
    "€29.99": "twenty-nine euros and ninety-nine cents",
    "¥300": "three hundred yen",
    "a $5 million house": "a five million dollar house",
    "$3.5 billion.": "three point five billion dollars.",
    "a $20 bill": "a twenty dollar bill",
    "$5–$10": "five to ten dollars",
    "-$5": "minus five dollars",
    "45.5% today": "forty-five point five percent today",
    "9:30, 9:05, 9:00": "nine thirty, nine oh five, nine o'clock",
    "9:30PM": "nine thirty PM",
    "5 p.m. Monday": "five PM Monday",
    "at 5:45 a.m. They": "at five forty-five AM. They",
    "9:00-17:00": "nine o'clock to seventeen hundred",
    "9 o'clock": "nine o'clock",
    "2024-12-24": "December twenty-fourth, twenty twenty-four",
    "12/24/2024": "December twenty-fourth, twenty twenty-four",
    "24/12/2024": "December twenty-fourth, twenty twenty-four",
    "December 24, 2024": "December twenty-fourth, twenty twenty-four",
    "24 Dec 2024": "the twenty-fourth of December, twenty twenty-four",
    "Jan. 5": "January fifth",
    "in 1493, 1905, 2007": "in fourteen ninety-three, nineteen oh five, two thousand seven",
    "the 1990s and '80s": "the nineteen nineties and eighties",
    "1500 people": "one thousand five hundred people",
    "the 1st, the 24th": "the first, the twenty-fourth",
    "3/4 of it": "three quarters of it",
    "3½ cups": "three and a half cups",
    "1493–1479": "fourteen ninety-three to fourteen seventy-nine",
    "10-12 km": "ten to twelve kilometers",
    "40cm, 32 ft": "forty centimeters, thirty-two feet",
    "10 km/h, 1 kg": "ten kilometers per hour, one kilogram",
    "5'10\"": "five foot ten",
    "192.168.0.1": "one nine two dot one six eight dot zero dot one",
    "1.2.3": "one point two point three",
    "555-1234": "five five five, one two three four",
    "No. 14 St. James's St.": "Number fourteen Saint James's Street.",
    '"No." No, no. 5': '"No." No, number five',
    "The answer is No. They left.": "The answer is No. They left.",
    "Mr. Smith, Mrs. Hay, Dr. Jones": "Mister Smith, Mrs Hay, Doctor Jones",
    "Mulholland Dr. is": "Mulholland Drive is",
    "Prof. Lee": "Professor Lee",
    "cats, e.g. lions, i.e. big ones": "cats, for example lions, that is big ones",
    "pens, etc. and ink": "pens, et cetera and ink",
    "pens, etc. The end": "pens, et cetera. The end",
    "Red vs. Blue": "Red versus Blue",
    "approx. 30 min.": "approximately thirty minutes.",
    "Fifth Ave. is": "Fifth Avenue is",
    "Acme Inc. and Foo Ltd.": "Acme Incorporated and Foo Limited.",
    "the U.S.A. won": "the USA won",
    "in the U.S. They": "in the US. They",
    "J. R. R. Tolkien": "J R R Tolkien",
    "plan B. The next": "plan B. The next",
    "World War II": "World War two",
    "Louis XIV": "Louis the fourteenth",
    "chapter IV": "chapter four",
    "Henry VIII's wife": "Henry the eighth's wife",
    "Henry I think, Malcolm X": "Henry I think, Malcolm X",
    "Q&A @ noon, #1, 2 + 2 = 4": "Q and A at noon, number one, two plus two equals four",
    "20°C": "twenty degrees Celsius",
    "[best](+2) of 2": "[best](+2) of two",
    "4. . . . And now": "four. And now",
    "He weighs 180 lbs.": "He weighs one hundred eighty pounds.",
    "12 ft. high": "twelve feet high",
    "(5 p.m.)": "(five PM)",
    "8-9 p.m. or 5:30pm-6pm": "eight to nine PM or five thirty PM to six PM",
    "call 911": "call nine one one",
    "a $3-million deal": "a three million dollar deal",
    "in 1066": "in ten sixty-six",
    "24-12-2024": "December twenty-fourth, twenty twenty-four",
    "978-3-16": "nine seven eight, three, one six",
    "Wait... what?": "Wait... what?",
}
BRITISH = {
    "105": "one hundred and five",
    "24/12/2024": "the twenty-fourth of December, twenty twenty-four",
    "3/4/2019": "the third of April, twenty nineteen",
    "May 5": "May the fifth",
}
HOSTILE = (
    "1", "1,", "1.", "1-", "$", "a.", "A. ", "No. ", "[a](", "1 ", "1/2", "+1 ", "I", "Louis ",
    ":1", "=", "www.", " ", "1,234", "XIV ", "Dr. ", "St. ", "1:30", "+12 (3", ". ", "½", "(1",
)  # fmt: skip


@pytest.mark.parametrize(("written", "read"), READINGS.items())
def test_what_is_read(written, read):
    assert spell_out(written) == read


@pytest.mark.parametrize(("written", "read"), BRITISH.items())
def test_what_the_british_read(written, read):
    assert spell_out(written, is_british=True) == read


@pytest.mark.parametrize("text", ["It's a well-known fact: he said, “No!”", "Plain words only."])
def test_plain_words_stay(text):
    assert spell_out(text) == text


@settings(deadline=None)  # the first number imports num2words
@given(st.text(max_size=200), st.booleans())
def test_any_text_has_words(text, is_british):
    assert isinstance(spell_out(text, is_british), str)


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,:/-–$£%'½ IVXapm#+=°CSt", max_size=60), st.booleans())
def test_no_figure_is_left(text, is_british):
    assert not any(c in "0123456789" for c in spell_out(text, is_british))


@pytest.mark.parametrize(
    "text",
    texts_of().spoken,
)
def test_the_texts_that_voices_are_judged_by_stay(text):
    assert spell_out(text) == spell_out(text, is_british=True) == text


def test_roman_numbers():
    assert [roman(c) for c in ("I", "IV", "XIV", "MCMXC", "IIX", "")] == [
        1,
        4,
        14,
        1990,
        None,
        None,
    ]


def test_years():
    assert year("2000") == "two thousand"
    assert year("1900") == "nineteen hundred"
    assert year("2010") == "twenty ten"
