"""Who speaks: Resemblyzer's embedding of an utterance.

The only module that imports resemblyzer. The network and its weights are the package's own; the
front end is the package's, computed faster: same resampling, volume, pauses, mel frames, windows.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.audio import Utterance, raise_volume, resample, voice_activity
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.librosa_lock import librosa
from kvoicewalk.scoring.speaker.base import ENCODER_RATE_HZ, DifferentiableEncoder, Embedding, unit

EMBEDDING_DIM = 256
# Source of all numbers: resemble-ai/Resemblyzer resemblyzer/hparams.py, voice_encoder.py.
WINDOW_SAMPLES = 480  # of the voice activity detector: 30 ms
MEL_FFT_SAMPLES = 400  # 25 ms
MEL_HOP_SAMPLES = 160  # 10 ms
N_MELS = 40
PARTIALS_PER_S = 1.3
MIN_COVERAGE = 0.75
PARTIAL_FRAMES = 160  # 1.6 s
PARTIAL_SAMPLES = PARTIAL_FRAMES * MEL_HOP_SAMPLES

WINDOW_BATCH = 64  # bounds memory
MIN_GLANCE_WINDOWS = 8  # of an utterance: fewer are all heard, for half would tell little


class Resemblyzer:
    """Resemblyzer's voice encoder (GE2E, Wan et al. 2018) behind its own front end.

    Attributes:
        network: the package's own, in eval mode, without gradients, on the synthesizer's device:
            a lesson's gradient passes through both. Front end and results stay on the CPU, and so
            do the second judges, whose readings then do not depend on the machine.
        n_embeddings: how many utterances were heard, a glance alone counted, too.
    """

    name = "resemblyzer"
    dimension = EMBEDDING_DIM

    def __init__(self, device: str | torch.device = "cpu") -> None:
        librosa()  # which resemblyzer imports, too, but not under the lock
        with warnings.catch_warnings():
            # resemblyzer imports a SciPy name on its way out; scipy < 2 is pinned for it.
            warnings.simplefilter("ignore", DeprecationWarning)
            from resemblyzer import VoiceEncoder
        self.network: Any = VoiceEncoder(device, verbose=False).eval().requires_grad_(False)
        self.n_embeddings = 0

    def embed(self, utterance: Utterance) -> Embedding:
        """Embeds an utterance.

        Returns:
            float32 (256,), non-negative, of length 1.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        return self.listen(utterance).embedding()

    def embed_all(self, utterances: Sequence[Utterance]) -> list[Embedding]:
        """See `SpeakerEncoder.embed_all`."""
        heard = [self.listen(one) for one in utterances]
        self.hear_all(heard)
        return [one.embedding() for one in heard]

    def hear_all(self, heard: "Sequence[WindowedSpeech]") -> None:
        """Embeds the windows of several utterances in one pass, so that asking costs nothing."""
        if not heard:
            return
        windows = [one.windows for one in heard]
        with torch.inference_mode():
            together = torch.from_numpy(np.concatenate(windows)).to(self.network.device)
            embedded = self.network(together).cpu().numpy()
        ends = np.cumsum([len(one) for one in windows])[:-1]
        for one, found in zip(heard, np.split(embedded, ends), strict=True):
            one.take(found)

    def listen(self, utterance: Utterance) -> "WindowedSpeech":
        """Prepares an utterance, whose windows are then embedded as they are asked for.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        speech = self.front_end(utterance)
        if speech.size == 0:
            raise AudioError("no speech was found to compare; give a recording of a voice.")
        wav_slices, mel_slices = self.network.compute_partial_slices(
            speech.size, PARTIALS_PER_S, MIN_COVERAGE
        )
        padded = np.pad(speech, (0, max(0, wav_slices[-1].stop - speech.size)))
        mel = mel_frames(padded)
        self.n_embeddings += 1
        return WindowedSpeech(self.network, np.stack([mel[part] for part in mel_slices]))

    def differentiable(self, partials_per_s: float | None = None) -> DifferentiableEncoder:
        """See `SpeakerEncoder.differentiable` and `DifferentiableResemblyzer.partials_per_s`."""
        from kvoicewalk.scoring.speaker.resemblyzer_twin import DifferentiableResemblyzer

        return DifferentiableResemblyzer(self, partials_per_s=partials_per_s or PARTIALS_PER_S)

    def embed_windows(self, windows: npt.NDArray[np.float32]) -> Embedding:
        """Embeds windows of speech one by one, as they are.

        Args:
            windows: float32 (n, 25600), 1.6 s each at 16 kHz, from speech raised to −30 dBFS.

        Returns:
            float32 (n, 256), each of length 1.
        """
        found = np.zeros((len(windows), EMBEDDING_DIM), dtype=np.float32)
        for start in range(0, len(windows), WINDOW_BATCH):
            batch = windows[start : start + WINDOW_BATCH]
            mels = np.stack([mel_frames(window)[:PARTIAL_FRAMES] for window in batch])
            with torch.inference_mode():
                embedded = self.network(torch.from_numpy(mels).to(self.network.device))
            found[start : start + WINDOW_BATCH] = embedded.cpu().numpy()
        return found

    @staticmethod
    def front_end(utterance: Utterance) -> npt.NDArray[np.float32]:
        """Returns 16 kHz speech, float32 (n_samples,), raised to −30 dBFS, long pauses cut."""
        samples = resample(utterance.samples, utterance.sample_rate_hz, ENCODER_RATE_HZ)
        samples = raise_volume(samples)
        is_speech = np.repeat(voice_activity(samples), WINDOW_SAMPLES)
        return samples[: is_speech.size][is_speech]


class WindowedSpeech:
    """One utterance on its way through the encoder.

    The encoder's windows overlap by half, so every second one, and the last, hear the whole
    utterance. They go through the network apart from the others, asked for or not, so that a glance
    on the way changes no bit of the embedding.

    Attributes:
        n_windows: of 1.6 s. Glances at utterances of equal numbers compare best.
    """

    def __init__(self, network: Any, mels: npt.NDArray[np.float32]) -> None:
        """Takes the encoder's network and windows of mel frames, float32 (n_windows, 160, 40)."""
        self.n_windows = len(mels)
        self._network, self._mels = network, mels
        is_first = np.zeros(self.n_windows, dtype=bool)
        is_first[::2] = True
        is_first[-1] = True
        self._parts = is_first, ~is_first
        self._embedded: dict[int, npt.NDArray[np.float32]] = {}

    def glance(self) -> Embedding:
        """Embeds every second window and the last; all where there are fewer than eight.

        Returns:
            float32 (256,), non-negative, of length 1.
        """
        if self.n_windows < MIN_GLANCE_WINDOWS:
            return self.embedding()
        return unit(self._part(0).mean(axis=0))

    def embedding(self) -> Embedding:
        """Embeds all windows; see `Resemblyzer.embed`."""
        partials = np.empty((self.n_windows, EMBEDDING_DIM), dtype=np.float32)
        for index, part in enumerate(self._parts):
            if part.any():
                partials[part] = self._part(index)
        return unit(partials.mean(axis=0))

    @property
    def windows(self) -> npt.NDArray[np.float32]:
        """What the network hears, float32 (n_windows, 160, 40)."""
        return self._mels

    def take(self, embedded: npt.NDArray[np.float32]) -> None:
        """Takes its windows' embeddings, float32 (n_windows, 256), from whoever made them."""
        self._embedded = {index: embedded[part] for index, part in enumerate(self._parts)}

    def _part(self, index: int) -> npt.NDArray[np.float32]:
        if index not in self._embedded:
            mels = torch.from_numpy(self._mels[self._parts[index]]).to(self._network.device)
            with torch.inference_mode():
                self._embedded[index] = self._network(mels).cpu().numpy()
        return self._embedded[index]


def mel_frames(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns power mel frames, float32 (n_frames, 40), of 16 kHz speech, float32 (n_samples,)."""
    mel = librosa().feature.melspectrogram(
        y=samples,
        sr=ENCODER_RATE_HZ,
        n_fft=MEL_FFT_SAMPLES,
        hop_length=MEL_HOP_SAMPLES,
        n_mels=N_MELS,
    )
    return np.ascontiguousarray(mel.astype(np.float32).T)
