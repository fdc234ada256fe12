"""The best stock voice as it speaks the held-out texts: heard once, remembered for later runs.

Its likeness to a target follows from what was heard, so another target costs no speech. It speaks
under seeds of its own, whatever the run's seed is.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.audio import Utterance
    from kvoicewalk.evaluate import Values
    from kvoicewalk.held_out import SpokenTexts
    from kvoicewalk.voices import Voice

FLOOR_SEED = 0
KIND = "held-out"


def n_unknown(session: "Session", floor: "Voice", n_seeds: int) -> int:
    """Returns under how many of the seeds the floor has yet to speak."""
    names = session.evaluator.scorer.encoders.names
    memory, kinds = session.evaluator.memory, (KIND, *(f"{KIND}-{name}" for name in names))
    keys = [_key(session, floor, k) for k in range(n_seeds)]
    return sum(any(memory.get(key, kind) is None for kind in kinds) for key in keys)


def hear_floor(session: "Session", floor: "Voice", n_seeds: int) -> "list[SpokenTexts]":
    """Returns what the floor has on the held-out texts, under one seed each.

    Raises:
        SynthError: it does not speak on this model.
    """
    return [_heard(session, floor, k) for k in range(n_seeds)]


def speak_for_judges(
    session: "Session", floor: "Voice", lengths: Sequence[int]
) -> "list[Utterance]":
    """Speaks the texts of these lengths, under the first seed; see `hear_floor`."""
    from kvoicewalk.seeds import held_out_seed

    evaluator, texts = session.evaluator, session.config.texts.held_out
    return [
        evaluator.synthesizer.speak(
            text, floor, seed=held_out_seed(FLOOR_SEED, 0), lang=evaluator.lang
        )
        for n_phonemes, said in texts.items()
        if n_phonemes in lengths
        for text in said
    ]


def _heard(session: "Session", floor: "Voice", k: int) -> "SpokenTexts":
    from kvoicewalk.held_out import speak_held_out
    from kvoicewalk.seeds import held_out_seed

    evaluator, texts = session.evaluator, session.config.texts.held_out
    memory, key = evaluator.memory, _key(session, floor, k)
    names = evaluator.scorer.encoders.names
    kept = {kind: memory.get(key, kind) for kind in (KIND, *(f"{KIND}-{n}" for n in names))}
    found = _read(kept, session)
    if found is None:
        spoken = speak_held_out(
            floor,
            evaluator.synthesizer,
            evaluator.scorer.encoders,
            seed=held_out_seed(FLOOR_SEED, k),
            lang=evaluator.lang,
            texts=texts,
        )
        written = _dump(spoken, names)
        for kind, values in written.items():
            memory.put(key, kind, values)
        found = _read(written, session)
        assert found is not None
    return found


def _key(session: "Session", floor: "Voice", k: int) -> str:
    evaluator = session.evaluator
    spoken = [
        chunk
        for n_phonemes, said in session.config.texts.held_out.items()
        for text in said
        for chunk in (str(n_phonemes), *evaluator.synthesizer.phonemes(text, evaluator.lang))
    ]
    parts = (KIND, evaluator.measured_with, floor.hash, str(k), *spoken)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _dump(spoken: "SpokenTexts", names: Sequence[str]) -> "dict[str, Values]":
    pieces = [one for found in spoken.embeddings.values() for one in found]
    figures = (spoken.n_samples, spoken.n_clipped, spoken.duration_s, spoken.speech_s)
    counts = (len(found) for found in spoken.embeddings.values())
    rows = {f"{KIND}-{name}": np.concatenate([one[name] for one in pieces]) for name in names}
    return {KIND: np.array([*figures, *counts], dtype=np.float32), **rows}


def _read(kept: "Mapping[str, Values | None]", session: "Session") -> "SpokenTexts | None":
    """Returns what was kept; None where a part is not there, or does not fit the others."""
    from kvoicewalk.held_out import SpokenTexts

    texts, head = session.config.texts.held_out, kept[KIND]
    if head is None or head.size != 4 + len(texts) or not np.isfinite(head).all():
        return None
    most = [len(said) for said in texts.values()]
    if not (np.all(head[4:] >= 1) and np.all(head[4:] <= most)):
        return None
    counts = head[4:].astype(int)
    rows = {}
    for encoder in session.evaluator.scorer.encoders.members:
        values = kept[f"{KIND}-{encoder.name}"]
        shape = int(counts.sum()), encoder.dimension
        if values is None or values.size != shape[0] * shape[1] or not np.isfinite(values).all():
            return None
        rows[encoder.name] = np.split(values.reshape(shape), np.cumsum(counts)[:-1])
    embeddings = {
        n_phonemes: [{name: parts[i][j] for name, parts in rows.items()} for j in range(counts[i])]
        for i, n_phonemes in enumerate(texts)
    }
    n_samples, n_clipped, duration_s, speech_s = head[:4].tolist()
    return SpokenTexts(embeddings, int(n_samples), int(n_clipped), duration_s, speech_s)
