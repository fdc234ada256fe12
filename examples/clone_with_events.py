"""Clones a recording on the embedded model through the library. Usage: clone_with_events.py WAV."""

import sys
from pathlib import Path

import kvoicewalk
from kvoicewalk import SearchStep, Stage, SweepStep


class Progress(kvoicewalk.Events):
    def begin(self, stage: Stage) -> None:
        print("begins:", stage.name)

    def improvement(self, step: SearchStep | SweepStep, voice_path: Path) -> None:
        print("better:", step.evaluation.voice_name, voice_path)


found = kvoicewalk.clone(sys.argv[1], model="mini", steps=3, events=Progress())
verdict = found.held_out.verdict if found.held_out else "not judged"
print(f"{found.name}: score {found.scores.score}; {verdict}; {found.voice_path}")
