"""Does the race find the same best voices as the full ranking, and what does it save?

    uv run python benchmarks/rank_race.py TARGET...

Ranks the embedded model's voices against each target both ways, nothing remembered from one to
the other; prints the top three of each and the race's share of the full ranking's speech.
"""

import sys
from pathlib import Path

from kvoicewalk.audio import read_utterance
from kvoicewalk.config import (
    ModelConfig,
    RankConfig,
    ScoreConfig,
)
from kvoicewalk.evaluate import Evaluator, SerialExecutor
from kvoicewalk.models import open_model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer
from kvoicewalk.scoring.target import build_target
from kvoicewalk.search.base import standings
from kvoicewalk.search.rank import rank
from kvoicewalk.store import MemoryCache
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.texts import texts_of


def main(paths: list[Path]) -> None:
    """Prints one line a target."""
    model = open_model(ModelConfig(name="mini"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    encoders = EncoderSet.alone(Resemblyzer())
    term, config = make_feature_term("scaled"), ScoreConfig()
    voices = [model.voices.load(name) for name in model.voices.names]
    for path in paths:
        target = build_target(path.name, [read_utterance(path)], encoders, term)
        scorer = Scorer(target, encoders, term, config)
        tops, spoken_s = [], []
        for is_full in (False, True):
            evaluator = Evaluator(
                synthesizer, scorer, texts_of().target, texts_of().probe, 0, MemoryCache()
            )
            steps = list(rank(voices, evaluator, RankConfig(is_full=is_full), SerialExecutor()))
            tops.append([step.voice_name for step in standings(steps)[:3]])
            spoken_s.append(evaluator.counts.spoken_s)
        verdict = "same top 3" if tops[0] == tops[1] else f"DIFFERENT: full {tops[1]}"
        print(f"{path.name}: {tops[0]} {verdict}, {spoken_s[0] / spoken_s[1]:.3f} of the speech")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
