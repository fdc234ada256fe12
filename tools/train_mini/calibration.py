"""Stock voices whose pitch ranges as far as their model's: a last touch, on validation sentences.

    uv run --group train python -m tools.train_mini.calibration

Training meets the range of most voices, not of all. Where a voice's range is off by more than a
twentieth, its prosody half is moved along the one direction that changes the range and neither the
median nor the time, as far as the tracked range of its speech asks for.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.table import Table

from kvoicewalk.models.mini import VOICE_HASHES_PATH
from kvoicewalk.voices import PROSODY, Voice, save_voice
from tools.train_mini.bench import Bench, espeak, in_pairs, open_bench, pitch_figures
from tools.train_mini.export import VOICES_DIR
from tools.train_mini.selection import write_json
from tools.train_mini.texts import VALIDATION_SENTENCES

MAX_RANGE_ERROR = 0.05
VOICED_ABOVE_HZ = 50.0
QUANTILES = (0.1, 0.5, 0.9)
N_ROUNDS = 4

Vector = npt.NDArray[np.float64]


def range_direction(bench: Bench, voice: Voice, texts: Sequence[str]) -> Vector:
    """Returns the offset of the prosody half that widens the range by one semitone, (128,).

    To first order it leaves the median and the total time as they are.
    """
    gradients = np.zeros((3, 128))
    for text in texts:
        numbers, prosody = _numbers(bench, voice, text)
        for index, number in enumerate(numbers):
            (gradient,) = torch.autograd.grad(number, prosody, retain_graph=index < 2)
            gradients[index] += gradient[0].numpy() / len(texts)
    span, *others = gradients
    basis = np.linalg.qr(np.stack(others, axis=1))[0]
    direction = span - basis @ (basis.T @ span)
    return np.asarray(direction / (direction @ span))


def _numbers(bench: Bench, voice: Voice, text: str) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Returns range and median in semitones and log total time, and what they depend on."""
    synthesizer = bench.synthesizer
    (chunk,) = synthesizer.phonemizer.phonemize(text).chunks
    row = torch.from_numpy(voice.rows[len(chunk) - 1].copy())
    prosody = row[:, PROSODY].clone().requires_grad_()
    whole = torch.cat([row[:, : PROSODY.start], prosody], dim=1)
    durations, encoded = synthesizer.predict_durations(synthesizer.prepare(chunk), whole)
    n_frames = durations.detach().round().clamp(min=1).long()
    along = torch.repeat_interleave(encoded.transpose(-1, -2), n_frames, dim=2)
    pitch_hz, _ = synthesizer.model.network.predictor.F0Ntrain(along, prosody)
    voiced = pitch_hz[pitch_hz.detach() > VOICED_ABOVE_HZ]
    low, median, high = torch.quantile(12 * torch.log2(voiced), torch.tensor(QUANTILES))
    return [high - low, median, torch.log(durations.sum())], prosody


def moved(voice: Voice, direction: Vector, semitones: float) -> Voice:
    """Returns the voice with its range wider by about so many semitones, at every text length."""
    rows = voice.rows.copy()
    rows[:, :, PROSODY] += (semitones * direction).astype(np.float32)
    return Voice(voice.name, rows)


def calibrate_voice(bench: Bench, voice: Voice, texts: Sequence[str]) -> tuple[Voice, float, float]:
    """Returns the voice as it should be, and its relative range error before and after."""
    manner = bench.manners[voice.name]
    _, wanted = pitch_figures([espeak(text, manner) for text in texts])

    def miss(one: Voice) -> float:
        return pitch_figures([bench.mini(text, one) for text in texts])[1] - wanted

    tries = [(0.0, miss(voice))]
    before = tries[0][1] / wanted
    if abs(before) <= MAX_RANGE_ERROR:
        return voice, before, before
    direction = range_direction(bench, voice, texts)
    step = -tries[0][1]
    for _ in range(N_ROUNDS):
        at = tries[-1][0] + step
        tries.append((at, miss(moved(voice, direction, at))))
        (x0, y0), (x1, y1) = tries[-2:]
        # The secant, held to twice what the last step did.
        slope = (y1 - y0) / (x1 - x0)
        step = float(np.clip(-y1 / slope if abs(slope) > 0.05 else -y1, -2, 2))
        if abs(y1) < 0.02 * wanted:
            break
    best, left = min(tries, key=lambda one: abs(one[1]))
    return moved(voice, direction, best), before, left / wanted


def calibrate() -> None:
    """Mends the stock voices in place and prints what changed."""
    bench, texts = open_bench(), in_pairs(VALIDATION_SENTENCES)
    table = Table("voice", "range err before", "after", box=None)
    hashes = {}
    for name, voice in bench.voices.items():
        mended, before, after = calibrate_voice(bench, voice, texts)
        hashes[name] = mended.hash
        table.add_row(name, f"{before:+.1%}", f"{after:+.1%}" if mended is not voice else "·")
        if mended is not voice:
            save_voice(mended, VOICES_DIR / f"{name}.pt")
    write_json(VOICE_HASHES_PATH, hashes)
    Console(width=110, highlight=False).print(table)


if __name__ == "__main__":
    calibrate()
