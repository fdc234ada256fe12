"""What the real Kokoro says, and who seems to say it."""

import jiwer
import numpy as np
import pytest

from kvoicewalk.judges.words import plain

PARAGRAPH = (
    "When the museum opened its doors again in the spring, nobody expected a queue. The first "
    "visitors came from the villages along the coast, with children on their shoulders and bread "
    "in paper bags. They walked slowly past the old maps, asked the guards where each ship had "
    "gone, and stayed until somebody switched off the last lamp in the great hall."
)
TEXTS = (
    "She bought apples, bread and a bottle of milk.",
    "The engineers repaired the bridge before the winter storms arrived.",
)
# What is written, and what must be heard of it, in one of the ways that Whisper may write it.
SPOKEN_FORMS = (
    ("The stadium has 12,400 seats.", (r"12,400", r"twelve thousand four hundred")),
    ("It weighs 2.75 pounds.", (r"2\.75", r"two point seven five")),
    ("They paid $18.50 for it.", (r"18\.50", r"eighteen dollars and fifty cents")),
    ("We met on March 3, 2019.", (r"march (3rd|3|third),? (2019|twenty nineteen)",)),
    ("The bus leaves at 7:15 p.m. today.", (r"7[:.]15", r"seven fifteen")),
    ("Mr. Hall and Dr. Reed agreed.", (r"(mr|mister)\.? hall and (dr|doctor)\.? re[ea]d",)),
)


@pytest.mark.parametrize("name", ["af_heart", "bm_george"])
def test_a_paragraph_is_heard_word_for_word(synthesizer, kokoro, listener, name):
    lang = name[0]
    spoken = synthesizer.speak(PARAGRAPH, kokoro.voices.load(name), seed=0, lang=lang)
    heard = listener.write_down(spoken)
    assert jiwer.wer(plain(PARAGRAPH), plain(heard)) <= 0.05, heard


@pytest.mark.parametrize(("text", "patterns"), SPOKEN_FORMS)
def test_numbers_and_short_forms_are_heard(synthesizer, kokoro, listener, text, patterns):
    import re

    spoken = synthesizer.speak(text, kokoro.voices.load("af_heart"), seed=0)
    heard = listener.write_down(spoken)
    assert any(re.search(one, heard.lower().replace("-", " ")) for one in patterns), heard


def test_one_voice_on_two_texts_is_nearer_than_two_voices(synthesizer, kokoro, encoders):
    names = ("af_heart", "am_michael", "bf_emma")
    spoken = {
        (name, text): synthesizer.speak(text, kokoro.voices.load(name), seed=0, lang=name[0])
        for name in names
        for text in TEXTS
    }
    for encoder in encoders.members:
        found = {key: encoder.embed(utterance) for key, utterance in spoken.items()}
        same = [found[name, TEXTS[0]] @ found[name, TEXTS[1]] for name in names]
        others = [
            found[one, TEXTS[0]] @ found[other, TEXTS[1]]
            for one in names
            for other in names
            if one != other
        ]
        assert min(same) > max(others)


def test_durations_are_those_of_the_export(real_kit, synthesizer, kokoro):
    """Torch in float32 against onnxruntime on int8: a frame more or less here and there."""
    import onnx
    import onnxruntime

    model = onnx.load(real_kit / "kokoro-int8.onnx")
    model.graph.output.append(onnx.ValueInfoProto(name="/encoder/Clip_output_0"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    import torch

    for name in ("af_heart", "am_adam"):
        voice = kokoro.voices.load(name)
        for text in TEXTS:
            (phonemes,) = synthesizer.phonemizer.phonemize(text).chunks
            row = voice.rows[len(phonemes) - 1]
            with torch.inference_mode():
                own, _ = synthesizer.predict_durations(
                    synthesizer.prepare(phonemes), torch.from_numpy(row.copy())
                )
            tokens = np.array([[0, *(kokoro.vocab[c] for c in phonemes), 0]], dtype=np.int64)
            inputs = {"tokens": tokens, "style": row, "speed": np.ones(1, np.float32)}
            (theirs,) = session.run(["/encoder/Clip_output_0"], inputs)
            gap = np.abs(own.round().clamp(min=1).numpy() - theirs.reshape(-1))
            assert gap.max() <= 2
            assert gap.sum() <= 0.05 * theirs.sum()
