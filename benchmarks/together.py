"""What do several voices, or lessons, in one pass bring, and how near are they to single ones?

    uv run --group real python -m benchmarks.together [--model FOLDER] [--device auto]
        [--passes 1 2 4 8] [--voices 16] [--lessons 8] [--rounds 3] [--threads N]

On the real Kokoro (`make real`; `--model mini` for a first try; `--device cuda` on a GPU, which is
what passes are for) stock voices are scored against a recording, so many in one pass, and the
gradient's lessons are given, in turn, several rounds. Printed: voices and lessons a second,
medians, and their ratio to single ones; the greatest difference from single ones, of the score and
of a lesson's gradient; memory, on a GPU the most that was held, on a CPU what one pass of lessons
keeps for its way back; and where the time of single ones goes.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvoicewalk.environment import prepare_process

if TYPE_CHECKING:
    import torch

    from kvoicewalk.loss import GradientLoss
    from kvoicewalk.voices import Voice
    from kvoicewalk.workers.bench import Bench

TARGET = Path(__file__).resolve().parents[2] / "shared/data/targets/human_2414-128291-0004.flac"


def timed(work: Callable[[], Any], device: "torch.device") -> tuple[float, Any]:
    """Returns the seconds that work takes, and what it returns."""
    import torch

    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    wait()
    started_s = time.perf_counter()
    found = work()
    wait()
    return time.perf_counter() - started_s, found


class KeptBytes:
    """Counts what is kept for the way back while it is entered, each memory once."""

    def __enter__(self) -> "KeptBytes":
        """Begins."""
        import torch

        self._seen: dict[int, int] = {}
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, lambda one: one)
        self._hooks.__enter__()
        return self

    def _keep(self, tensor: "torch.Tensor") -> "torch.Tensor":
        memory = tensor.untyped_storage()
        self._seen[memory.data_ptr()] = memory.nbytes()
        return tensor

    def __exit__(self, *exc_info: object) -> None:
        """Ends."""
        self._hooks.__exit__(None, None, None)

    @property
    def total(self) -> int:
        """In bytes; memory that was freed and used again counts once."""
        return sum(self._seen.values())


def heard(bench: "Bench", voices: "Sequence[Voice]", seed: int, n: int) -> list[float]:
    """Returns the voices' scores, heard so many in one pass."""
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.requests import Request
    from kvoicewalk.workers.bench import SerialExecutor, TogetherExecutor

    executor = SerialExecutor(bench) if n == 1 else TogetherExecutor(bench, n)
    replies = executor.run([Request("score", one, seed=seed) for one in voices])
    return [
        one.score.score if isinstance(one, Evaluation) and one.score is not None else np.nan
        for one in replies
    ]


def taught(loss: "GradientLoss", voices: "Sequence[Voice]", n_lessons: int, n: int) -> Any:
    """Returns the lessons' gradients, (n_lessons, 256), given so many in one pass."""
    from kvoicewalk.synth_together import frames_that_fit

    wanted = [(voices[k % len(voices)], k, 0) for k in range(n_lessons)]
    if n == 1:
        return np.stack([loss.sample(*one).gradient for one in wanted])
    found = []
    for first in range(0, n_lessons, n):
        found += loss.sample_all(wanted[first : first + n], frames_that_fit(loss.device))
    return np.stack([one.gradient for one in found])


def main() -> None:
    """Measures and prints."""
    from tools.real_kokoro import kit_dir

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=str(kit_dir() / "kokoro"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--passes", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--voices", type=int, default=16)
    parser.add_argument("--lessons", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    prepare_process()
    import torch

    from kvoicewalk.app.events import Events
    from kvoicewalk.app.method import short_texts
    from kvoicewalk.app.session import open_session, stock_voices
    from kvoicewalk.config import GradientConfig
    from kvoicewalk.config_file import merge_config
    from kvoicewalk.loss import ProsodyChange
    from kvoicewalk.workers.bench import Bench
    from kvoicewalk.workers.spec import LessonSpec

    flags = {
        "model": {"name": options.model, "device": options.device, "n_threads": options.threads},
        "target": {"paths": [str(options.target)]},
    }
    with open_session(merge_config("rank", flags, None), Events()) as session:
        device = session.model.network.device
        voices = stock_voices(session.model, None)[: options.voices]
        texts = short_texts(session.synthesizer.phonemizer, session.config.texts.lessons, "a")
        lessons = LessonSpec(
            voices[0], ProsodyChange(1.0, 1.0, 0.05), texts, GradientConfig(precision="float32")
        )
        bench = Bench(session.evaluator, loss := lessons.build(session.evaluator))
        print(f"{session.synthesizer.identity} on {device}, torch {torch.__version__}")
        compare(bench, voices, sorted({1, *options.passes}), options.lessons, options.rounds)
        for n in sorted({1, max(options.passes)}):
            print(f"{n} lessons in one pass: {memory(loss, voices, n)}")
        where(session, voices[0])


def compare(
    bench: "Bench", voices: "Sequence[Voice]", passes: Sequence[int], n_lessons: int, n_rounds: int
) -> None:
    """Hears and teaches in turn, and prints how fast and how near to single ones."""
    from kvoicewalk.store import MemoryCache

    assert bench.loss is not None
    loss, device = bench.loss, bench.loss.device
    rates: dict[str, dict[int, list[float]]] = {"voices": {}, "lessons": {}}
    away = {"voices": 0.0, "lessons": 0.0}
    for number in range(n_rounds + 1):  # the first one warms up
        single: dict[str, Any] = {}
        for n in passes:
            bench.evaluator.memory = MemoryCache()
            voices_s, scores = timed(lambda n=n: np.array(heard(bench, voices, 1, n)), device)
            lessons_s, steps = timed(lambda n=n: taught(loss, voices, n_lessons, n), device)
            single = single or {"voices": scores, "lessons": steps}
            off = float(np.nanmax(np.abs(scores - single["voices"])))
            away["voices"] = max(away["voices"], off)
            rest = np.linalg.norm(steps - single["lessons"], axis=1)
            share = float((rest / np.linalg.norm(single["lessons"], axis=1)).max())
            away["lessons"] = max(away["lessons"], share)
            if number:
                rates["voices"].setdefault(n, []).append(len(voices) / voices_s)
                rates["lessons"].setdefault(n, []).append(n_lessons / lessons_s)
    print("| in one pass | voices a second | ratio | lessons a second | ratio |")
    print("|---|---|---|---|---|")
    for n in passes:
        cells = [str(n)]
        for own in (rates["voices"], rates["lessons"]):
            ratio = statistics.median(a / b for a, b in zip(own[n], own[1], strict=True))
            cells += [f"{statistics.median(own[n]):.3f}", f"{ratio:.2f}"]
        print("| " + " | ".join(cells) + " |")
    print(f"greatest difference of a score (0 to 100): {away['voices']:.2g}")
    print(f"greatest difference of a lesson's gradient, as a share: {away['lessons']:.2g}")


def memory(loss: "GradientLoss", voices: "Sequence[Voice]", n: int) -> str:
    """Returns, in words, what a pass of lessons needs."""
    import torch

    if loss.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(loss.device)
        taught(loss, voices, n, n)
        return f"at most {torch.cuda.max_memory_allocated(loss.device) / 1e9:.2f} GB held"
    with KeptBytes() as kept:
        taught(loss, voices, n, n)
    return f"{kept.total / 1e9:.2f} GB kept for the way back"


def where(session: Any, voice: "Voice") -> None:
    """Prints where the time of a voice goes that is heard alone."""
    import torch

    from kvoicewalk.torch_state import flushed_denormals

    synthesizer, evaluator = session.synthesizer, session.evaluator
    device = session.model.network.device
    (chunk, *_) = synthesizer.phonemes(evaluator.text)
    prepared, row = synthesizer.prepare(chunk), voice.rows[len(chunk) - 1]
    there = torch.tensor(row).to(device)
    spoken = synthesizer.speak(evaluator.text, voice, seed=0)
    played = synthesizer.performance(prepared, row, there)
    steps: dict[str, Callable[[], Any]] = {
        "durations, pitch, energy": lambda: synthesizer.perform(prepared, there),
        "waveform": lambda: synthesizer.render(prepared, played, there),
        "features": lambda: evaluator.scorer.features(spoken),
    }
    for encoder in evaluator.scorer.encoders.members:
        steps[encoder.name] = lambda one=encoder: one.embed(spoken)
    with torch.inference_mode(), flushed_denormals():
        for name, work in steps.items():
            took_s = statistics.median(timed(work, device)[0] for _ in range(5))
            print(f"{name}: {1000 * took_s:.1f} ms")


if __name__ == "__main__":
    main()
