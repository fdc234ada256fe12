"""Sound files made here: encoded, joined, cut; and what must be heard in them."""

import io

import av
import numpy as np
import pytest
import soundfile

from kvoicewalk.audio import read_utterance, resample

RATE_HZ = 24_000


@pytest.fixture(scope="session")
def speech(example_target):
    return read_utterance(example_target).samples[: 12 * RATE_HZ]


@pytest.fixture(scope="session")
def encode(tmp_path_factory):
    """Encodes samples (n,) or (n, channels) at 24 kHz as a file's bytes, by PyAV."""
    folder = tmp_path_factory.mktemp("encoded")

    def path_of(container):
        return folder / f"a.{container}"

    def run(samples, container, codec, rate_hz=RATE_HZ, **options):
        samples = samples if samples.ndim > 1 else samples[:, None]
        channels = [resample(c, RATE_HZ, rate_hz) for c in samples.T.astype(np.float32)]
        data, out = np.ascontiguousarray(np.stack(channels)), path_of(container)
        layout = {1: "mono", 2: "stereo"}[len(channels)]
        with av.open(str(out), "w", format=container, options=options) as file:
            stream = file.add_stream(codec, rate=rate_hz, layout=layout)
            wanted = stream.codec_context.format.name
            resampler = av.AudioResampler(wanted, layout, rate_hz, stream.codec_context.frame_size)
            frame = av.AudioFrame.from_ndarray(data, "fltp", layout)
            frame.sample_rate = rate_hz
            for piece in (*resampler.resample(frame), *resampler.resample(None), None):
                file.mux(stream.encode(piece))
        return out.read_bytes()

    return run


@pytest.fixture(scope="session")
def as_file():
    """Encodes samples at 24 kHz as a file's bytes, by libsndfile."""

    def run(samples, kind="WAV", subtype=None, rate_hz=RATE_HZ):
        out = io.BytesIO()
        soundfile.write(out, samples, rate_hz, format=kind, subtype=subtype)
        return out.getvalue()

    return run


@pytest.fixture
def put(tmp_path):
    """Writes bytes into a file."""

    def run(content, name="a.wav"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return run


@pytest.fixture(scope="session")
def heard_at():
    """Returns at which second of a sound each second of the original is heard."""

    def run(found, original, rate_hz=RATE_HZ):
        places = []
        for start in range(0, len(original) - rate_hz + 1, rate_hz):
            piece = original[start : start + rate_hz]
            n = len(found) + len(piece)
            fit = np.fft.irfft(np.fft.rfft(found, n) * np.fft.rfft(piece, n).conj(), n)
            place = int(fit[: len(found)].argmax())
            there = found[place : place + rate_hz]
            norm = np.linalg.norm(there) * np.linalg.norm(piece[: len(there)])
            assert fit[place] > 0.75 * norm, f"second {start / rate_hz:g} is nowhere"
            places.append(place / rate_hz)
        return np.array(places)

    return run
