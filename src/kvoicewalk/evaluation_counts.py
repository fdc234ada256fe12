"""What evaluations cost, counted where they are made and added up over a run."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kvoicewalk.audio import Utterance


@dataclass
class EvaluationCounts:
    """What the evaluations cost so far: how often, and seconds a stage."""

    n_evaluations: int = 0
    n_gated: int = 0
    n_spoken: int = 0
    n_remembered: int = 0
    spoken_s: float = 0.0
    stage_s: dict[str, float] = field(
        default_factory=lambda: {"synthesis": 0.0, "embedding": 0.0, "features": 0.0}
    )

    def add_spoken(self, utterance: Utterance) -> None:
        """Counts an utterance."""
        self.n_spoken += 1
        self.spoken_s += utterance.duration_s

    def since(self, earlier: Mapping[str, Any]) -> dict[str, Any]:
        """Returns what was added since `dataclasses.asdict` gave that, in the same form."""
        now = asdict(self)
        stages = {name: s - earlier["stage_s"][name] for name, s in now.pop("stage_s").items()}
        return {name: value - earlier[name] for name, value in now.items()} | {"stage_s": stages}

    def add(self, kept: Mapping[str, Any]) -> None:
        """Adds what earlier parts of a run cost, as `dataclasses.asdict` gave it; gaps count 0."""
        for name in ("n_evaluations", "n_gated", "n_spoken", "n_remembered", "spoken_s"):
            value = kept.get(name)
            if isinstance(value, (int, float)):
                setattr(self, name, getattr(self, name) + value)
        stages = kept.get("stage_s")
        for stage, seconds in (stages if isinstance(stages, dict) else {}).items():
            if stage in self.stage_s and isinstance(seconds, (int, float)):
                self.stage_s[stage] += seconds


class Stopwatch:
    """Adds the time spent inside it to one entry of a dict."""

    def __init__(self, totals: dict[str, float], name: str) -> None:
        self._totals, self._name = totals, name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *exc_info: object) -> None:
        self._totals[self._name] += time.perf_counter() - self._started
