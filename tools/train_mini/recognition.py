"""Can a machine tell which sentence it heard? pocketsphinx's own English model, offline.

A grammar of all sentences (or phrases) is searched, and the answer is right when it is the one
that was spoken. Formant speech is hard for this model: read the figures beside espeak-ng's own.
"""

import multiprocessing
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import soxr
from pocketsphinx import Decoder

from kvoicewalk.audio import SAMPLE_RATE_HZ

RECOGNISER_RATE_HZ = 16_000
PEAK = 0.7
SILENCE_S = 0.2  # put around each sentence

Samples = npt.NDArray[np.float32]


def plain_words(sentence: str) -> str:
    """Returns a sentence as the grammar wants it: lower-case words."""
    return " ".join(re.findall(r"[a-z']+", sentence.lower()))


def share_identified(
    spoken: Sequence[tuple[str, Samples]], choices: Sequence[str], n_processes: int
) -> float:
    """Returns the share of utterances whose sentence is recognised among the choices.

    Args:
        spoken: pairs of the sentence and its samples at 24 kHz.
        choices: what may have been said; chance is one in their number.
        n_processes: that share the work.
    """
    grammar = " | ".join(plain_words(choice) for choice in choices)
    n_each = -(-len(spoken) // n_processes)
    jobs = [(spoken[i : i + n_each], grammar) for i in range(0, len(spoken), n_each)]
    with multiprocessing.get_context("fork").Pool(n_processes) as pool:
        return sum(pool.starmap(_n_right, jobs)) / len(spoken)


def _n_right(spoken: Sequence[tuple[str, Samples]], grammar: str) -> int:
    decoder = Decoder(samprate=RECOGNISER_RATE_HZ, loglevel="FATAL", lm=None)
    decoder.add_jsgf_string("s", f"#JSGF V1.0; grammar s; public <s> = {grammar} ;")
    decoder.activate_search("s")
    return sum(_hear(decoder, samples) == plain_words(text) for text, samples in spoken)


def _hear(decoder: Decoder, samples: Samples) -> str:
    padded = np.pad(samples, round(SILENCE_S * SAMPLE_RATE_HZ))
    low = soxr.resample(padded, SAMPLE_RATE_HZ, RECOGNISER_RATE_HZ)
    pcm = (low * (PEAK * 32767 / max(1e-6, float(np.abs(low).max())))).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr if found else ""
