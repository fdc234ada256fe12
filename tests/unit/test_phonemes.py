"""Text → phonemes: alphabet, languages, chunks."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk import east_asian
from kvoicewalk.errors import SynthError
from kvoicewalk.models.onnx_import import CONFIG_PATH
from kvoicewalk.phonemes import Phonemizer, clean_text, find_spacy_model, split_phonemes

SPACY = find_spacy_model()
needs_spacy = pytest.mark.skipif(SPACY is None, reason="needs spaCy's model: KVW_SPACY_MODEL")
VOCAB = json.loads(CONFIG_PATH.read_text(encoding="utf-8"))["vocab"]


@pytest.fixture(autouse=True)
def no_spacy(monkeypatch):
    """The plain front end, wherever the tests run; those of misaki's take SPACY."""
    monkeypatch.delenv("KVW_SPACY_MODEL", raising=False)


@pytest.fixture
def notes():
    return []


@pytest.fixture
def phonemizer(notes):
    return Phonemizer(VOCAB, notify=notes.append)


def test_english_in_kokoros_alphabet(phonemizer):
    found = phonemizer.phonemize("Hello, world!", "a")
    assert found.chunks == ("həlˈO, wˈɜːld!",)
    assert found.unknown == ()
    assert found.n_phonemes == len("həlˈO, wˈɜːld!")


def test_british_differs_from_american(phonemizer):
    words = "The bath water."
    assert phonemizer.phonemize(words, "a").chunks != phonemizer.phonemize(words, "b").chunks


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("e", "Hola, niño."),
        ("f", "Bonjour, ça va bien."),
        ("h", "नमस्ते दुनिया"),
        ("i", "Ciao, gli gnocchi."),
        ("p", "Olá, coração."),
    ],
)
def test_other_languages_speak(phonemizer, lang, text):
    found = phonemizer.phonemize(text, lang)
    assert found.n_phonemes >= 8
    assert found.unknown == ()


def test_a_missing_sound_is_reported_not_dropped_silently(phonemizer, notes):
    found = phonemizer.phonemize("¿Qué [tal]?", "e")
    assert found.unknown == ("[", "]", "¿")
    assert any("U+005B" in note for note in notes)
    # It opens a question, and nobody expects to hear it.
    assert not any("U+00BF" in note for note in notes)


def test_hindi_sentences_end_with_a_pause(phonemizer):
    (chunk,) = phonemizer.phonemize("यह घर है। वह आया।", "h").chunks
    assert chunk.count(".") == 2


@pytest.mark.parametrize(
    ("lang", "module", "extra"), [("j", "fugashi", "ja"), ("z", "jieba", "zh")]
)
def test_languages_that_need_an_extra_say_so(phonemizer, lang, module, extra, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] in ("misaki", module)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SynthError, match=rf"pip install 'kvoicewalk\[{extra}\]'") as caught:
        phonemizer.phonemize("hello", lang)
    assert "\n" not in str(caught.value)


def test_a_dictionary_without_its_data_is_told(phonemizer, monkeypatch):
    def fail():
        raise RuntimeError("Failed initializing MeCab.\nplease download")

    monkeypatch.setattr(east_asian, "_japanese", fail)
    with pytest.raises(SynthError, match=r"kvoicewalk\[ja\]' \(Failed initializing MeCab"):
        phonemizer.phonemize("hello", "j")


def test_japanese(phonemizer):
    pytest.importorskip("fugashi")
    (chunk,) = phonemizer.phonemize("狐がさっと低い塀を飛び越えた。", "j").chunks
    assert chunk == "kʲiʦɨne ɡa saʔto çikɯi heː o tobʲikoeta."


def test_chinese(phonemizer, notes, capsys):
    pytest.importorskip("jieba")
    (chunk,) = phonemizer.phonemize("你好，世界。", "z").chunks
    assert chunk == "ni↓xau↓, ʂɨ↘ʨje↘."
    assert (notes, capsys.readouterr()) == ([], ("", ""))


def test_chinese_of_a_model_that_learned_bopomofo(notes, capsys):
    pytest.importorskip("jieba")
    newer = Phonemizer(
        {**VOCAB, "ㄋ": 1, "ㄧ": 2, "ㄏ": 3, "ㄠ": 4, "ㄅ": 5, "3": 6, "2": 7, "/": 8}
    )
    (chunk,) = newer.phonemize("你好 hello", "z").chunks
    assert chunk.startswith("ㄋㄧ2ㄏㄠ3")
    assert "həlˈO" in chunk
    assert capsys.readouterr() == ("", "")


def test_unknown_language(phonemizer):
    with pytest.raises(SynthError, match="no such language"):
        phonemizer.phonemize("hello", "q")


@pytest.mark.parametrize("text", ["", "  \n\t ", "...", "\x00\x01"])
def test_nothing_to_speak(phonemizer, text):
    with pytest.raises(SynthError, match="word"):
        phonemizer.phonemize(text)


def test_a_text_too_long_is_refused():
    with pytest.raises(SynthError, match="Split it"):
        clean_text("a" * 100_001)


def test_same_text_is_phonemized_once(phonemizer):
    assert phonemizer.phonemize("Hello.") is phonemizer.phonemize("Hello.")


def test_a_plainer_front_end_is_said_once(phonemizer, notes):
    phonemizer.phonemize("One.")
    phonemizer.phonemize("Two.")
    assert sum("espeak" in note for note in notes) == 1


def test_long_text_is_cut_at_sentence_ends(phonemizer):
    text = "The quick brown fox jumps over the lazy dog near the river bank. " * 20
    chunks = phonemizer.phonemize(text).chunks
    assert len(chunks) > 1
    assert all(len(chunk) <= 510 and chunk.endswith(".") for chunk in chunks)


def test_cut_keeps_a_closing_quote_with_its_sentence():
    chunks = split_phonemes("aaa bbb.” ccc ddd.", limit=10)
    assert chunks == ("aaa bbb.”", "ccc ddd.")


def test_cut_prefers_comma_to_space():
    assert split_phonemes("aaa, bbb ccc", limit=9) == ("aaa,", "bbb ccc")


@given(st.text(alphabet="ab .,!?:;—…”)", min_size=1, max_size=300), st.integers(5, 60))
def test_cutting_loses_nothing_but_spaces(phonemes, limit):
    chunks = split_phonemes(phonemes, limit)
    assert "".join(chunks).replace(" ", "") == phonemes.replace(" ", "")
    assert all(0 < len(chunk) <= limit for chunk in chunks)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_speaks_or_says_why(text):
    try:
        found = Phonemizer(VOCAB).phonemize(text)
    except SynthError:
        return
    assert found.chunks
    assert all(len(chunk) <= 510 for chunk in found.chunks)


def test_a_model_made_with_espeak_says_nothing(notes):
    phonemizer = Phonemizer(VOCAB, "espeak", notes.append)
    assert phonemizer.phonemize("Hello.").chunks == ("həlˈO.",)
    assert not phonemizer.uses_misaki
    assert notes == []


@pytest.fixture(params=["espeak", pytest.param("misaki", marks=needs_spacy)])
def english(request, notes, monkeypatch):
    """The front ends of English for a model that learned misaki's phonemes."""
    if request.param == "misaki":
        monkeypatch.setenv("KVW_SPACY_MODEL", str(SPACY))
    phonemizer = Phonemizer(VOCAB, notify=notes.append)
    phonemizer.uses_misaki = request.param == "misaki"
    return phonemizer


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It is 3.14 long.", "It is three point one four long."),
        ("10,000 people", "ten thousand people"),
        ("$2.50 now", "two dollars and fifty cents now"),
        ("Mr. Smith is at No. 14.", "Mister Smith is at number fourteen."),
        ("the oﬃce, the cafe\u0301", "the office, the caf\u00e9"),
    ],
)
def test_written_and_read_sound_alike(english, written, read):
    assert english.phonemize(written).chunks == english.phonemize(read).chunks


def test_no_chunk_is_cut_in_a_number_or_after_a_short_form(english):
    text = "Mr. Smith met Dr. Jones at No. 14 St. James's St. with $2.50 and 1,234 pens. " * 8
    chunks = english.phonemize(text).chunks
    assert len(chunks) > 1
    ends = english.phonemize("with 1,234 pens.").chunks[0][-8:]
    assert all(chunk.endswith(ends) and chunk.count(".") <= 8 for chunk in chunks)
    assert sum(chunk.count(".") for chunk in chunks) == 8


def test_lone_full_stops_are_one_pause(english):
    assert english.phonemize("4.\n.\n.\n.\nAnd now.").chunks[0].count(".") == 2


def test_a_syllabic_consonant_needs_no_note(notes):
    for model in ("misaki", "espeak"):
        phonemizer = Phonemizer(VOCAB, model, notes.append)
        phonemizer.uses_misaki = False
        found = phonemizer.phonemize("The button on the kitten.")
        assert found.unknown == ()
        assert "bˈʌʔn" in found.chunks[0]
    assert not any("U+0329" in note for note in notes)


def test_a_note_is_given_once_and_on_one_line(phonemizer, notes):
    phonemizer.phonemize("A [first]\n\ntext.")
    phonemizer.phonemize("A [second] text.")
    about = [note for note in notes if "U+005B" in note]
    assert len(about) == 1
    assert "left square bracket" in about[0]
    assert "\\n" not in about[0]


def test_a_spacy_model_that_is_not_there_is_named(monkeypatch, notes):
    monkeypatch.setenv("KVW_SPACY_MODEL", "no/such/folder")
    assert find_spacy_model() is None
    Phonemizer(VOCAB, notify=notes.append).phonemize("Hello.")
    assert any("KVW_SPACY_MODEL" in note and "no/such/folder" in note for note in notes)


def test_a_folder_of_spacys_model_is_found(monkeypatch, tmp_path):
    inner = tmp_path / "package" / "model-3.8.0"
    inner.mkdir(parents=True)
    (inner / "config.cfg").write_text("[nlp]")
    for named in (inner, inner.parent, tmp_path):
        monkeypatch.setenv("KVW_SPACY_MODEL", str(named))
        assert find_spacy_model() == str(inner)


@pytest.fixture(scope="module")
def misaki():
    """One front end for many examples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KVW_SPACY_MODEL", str(SPACY))
        phonemizer = Phonemizer(VOCAB)
        phonemizer.phonemize("Hello.")
    return phonemizer


@needs_spacy
@given(st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_misaki_takes_any_text(misaki, text):
    try:
        assert misaki.phonemize(text).chunks
    except SynthError:
        return
