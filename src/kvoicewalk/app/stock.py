"""What is known of stock voices before they are heard, and what it makes likely."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvoicewalk.app.events import Events
from kvoicewalk.languages import DEFAULT_LANG, LANGUAGES

if TYPE_CHECKING:
    import numpy.typing as npt

    from kvoicewalk.app.session import Session
    from kvoicewalk.app.start import StartVoices
    from kvoicewalk.search.starts import StockProsody
    from kvoicewalk.store import Run
    from kvoicewalk.voices import Voice

START_NAME = "start"
GUESS = "the guess from its embeddings"
CORRECTED = ", corrected"
N_CORRECTIONS = 4  # of one start, at most; each is heard
MIN_GAIN = 0.003  # in likeness on Resemblyzer's scale: less is not worth hearing another one


def known_likeness(session: "Session", voices: "Sequence[Voice]") -> Mapping[str, float] | None:
    """Returns each voice's likeness to the target by the table that comes with the package.

    Returns:
        By name; None where a voice or an encoder is not in the table, or the model is mini.
    """
    rows = _table_rows(session, voices)
    if rows is None:
        return None
    from kvoicewalk.models.stock_table import stock_table
    from kvoicewalk.scoring.speaker import joint_similarity

    target = session.evaluator.scorer.target.embeddings
    table = stock_table().embeddings
    return {
        voice.name: joint_similarity(
            {name: float(table[name][row] @ target[name]) for name in target}
        )
        for voice, row in zip(voices, rows, strict=True)
    }


def _table_rows(session: "Session", voices: "Sequence[Voice]") -> list[int] | None:
    from kvoicewalk.models.stock_table import stock_table

    table = stock_table()
    encoders = session.evaluator.scorer.encoders.names
    is_ours = not session.model.identity.startswith("mini@")
    if not is_ours or not set(encoders) <= set(table.embeddings):
        return None
    rows = [table.rows.get(voice.hash) for voice in voices]
    found = [row for row in rows if row is not None]
    return found if len(found) == len(rows) else None


def with_best_start(
    session: "Session", run: "Run", population: "StartVoices", events: Events
) -> "StartVoices":
    """Returns what a search starts from, with the best of several starts where a gradient leads.

    A start that was named is taken as it is. What was chosen is kept in the run, and the voice
    itself where it was made for the search, so that going on begins from the same.

    Raises:
        StoreError: the kept voice cannot be written.
        VoiceError: it is gone, or damaged.
    """
    from kvoicewalk.app.session import sidecar
    from kvoicewalk.voices import load_voice

    if population.start is not None or not session.config.walk.is_led:
        return population
    kept = run.planned("start")
    if kept is not None:
        path = run.folder / "voices" / f"{START_NAME}.pt"
        return replace(population, start=load_voice(path)) if kept["is_made"] else population
    if run.rows("state"):  # of an earlier version, whose searches began with the likest voice
        return population
    best, start, heard = _closest_start(session, population, events)
    is_made = start.hash != population.voices[0].hash
    if is_made:
        # What it was made from may be another thing when the run is taken up again.
        facts = sidecar(session, START_NAME, None, session.config.command, best)
        run.save_voice(replace(start, name=START_NAME), facts)
        start = load_voice(run.folder / "voices" / f"{START_NAME}.pt")
    run.plan("start", {"name": best, "heard": heard, "is_made": is_made})
    return replace(population, start=start) if is_made else population


def _closest_start(
    session: "Session", population: "StartVoices", events: Events
) -> "tuple[str, Voice, dict[str, float]]":
    """Returns what the closest start is, its voice, and the likeness of all that were heard.

    The guess alone is corrected: from the likest stock voice there is no further to come.
    """
    starts = dict(candidates(session, population))
    if len(starts) == 1:  # it need not compete
        return *next(iter(starts.items())), {}
    heard: dict[str, float] = {}
    with events.stage("start", n_voices=len(starts)):
        for name, voice in list(starts.items()):
            heard[name] = session.evaluator.likeness(voice)
            corrections = _corrections(session, population, voice) if name.startswith(GUESS) else ()
            for n_corrections, better in enumerate(corrections, 1):
                again = name + CORRECTED + (f" {n_corrections} times" if n_corrections > 1 else "")
                starts[again], heard[again] = better, session.evaluator.likeness(better)
    _tell(heard, events)
    best = max(heard, key=lambda name: heard[name])
    return best, starts[best], heard


def _corrections(
    session: "Session", population: "StartVoices", voice: "Voice"
) -> "Iterator[Voice]":
    """Yields the voice corrected by what is heard of it, again and again while that helps."""
    from kvoicewalk.models.stock_table import timbre_map
    from kvoicewalk.search.prior import fit_prior
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.search.starts import correct_timbre

    evaluator = session.evaluator
    guess = timbre_map(evaluator.scorer.encoders.names)
    if guess is None:
        return
    prior = fit_prior(describe_population(population.stock).row_means)
    target = evaluator.scorer.target.embeddings
    for _ in range(N_CORRECTIONS):
        better = correct_timbre(guess, voice, evaluator.embeddings(voice), target, prior)
        yield better
        if evaluator.likeness(better) < evaluator.likeness(voice) + MIN_GAIN:
            return
        voice = better


def _tell(heard: Mapping[str, float], events: Events) -> None:
    from kvoicewalk.scoring.speaker.likeness import likeness_of

    best = max(heard, key=lambda name: heard[name])
    told = {name: f"{likeness_of(value):.0%}" for name, value in heard.items()}
    others = ", ".join(
        f"{name} {value}" for name, value in told.items() if name != best and CORRECTED not in name
    )
    events.note(f"starting from {best}, {told[best]} like the target; {others}.")


def candidates(session: "Session", population: "StartVoices") -> "Iterator[tuple[str, Voice]]":
    """Yields the starts that are worth hearing, by what they are.

    The likest stock voice with a blend of prosody, and the guess from the target's embeddings with
    the same; where nothing is known of the stock voices, the likest of them alone. In another
    language than American English the prosody is a blend of voices of that language alone, and the
    likest of these is heard, too.
    """
    from kvoicewalk.app.method import target_prosody
    from kvoicewalk.models.stock_table import stock_table, timbre_map
    from kvoicewalk.search.prior import MIN_VOICES, fit_prior
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.search.starts import blend_prosody, guess_timbre, with_prosody

    first = population.voices[0]
    natives = native_voices(population.stock, session.evaluator.lang)
    rows = _table_rows(session, population.stock)
    if rows is None or len(population.stock) < MIN_VOICES:
        yield first.name, first
        native = next((one for one in population.voices if one in natives), None)
        if native is not None and native != first:
            yield native.name, native
        return
    figures = stock_table().prosody[rows].astype(float)
    stock, how = _prosody_of(population.stock, figures, natives, session.evaluator.lang)
    weights = blend_prosody(stock, target_prosody(session))
    likest = next(iter(likest_known(session, natives)), None)
    if weights is None and likest is not None:  # the target's pitch is not known
        weights = np.array([1.0 if one == likest else 0.0 for one in stock.voices])
    for voice in (first, likest):
        if weights is None:
            yield first.name, first
        elif voice is not None:
            yield f"{voice.name} with {how} prosody", with_prosody(voice, stock, weights)
    scorer = session.evaluator.scorer
    guess = timbre_map(scorer.encoders.names)
    if guess is not None:
        described = describe_population(population.stock)
        prior = fit_prior(described.row_means)
        guessed = guess_timbre(guess, scorer.target.embeddings, described, prior)
        name = f"{GUESS} with {how} prosody" if natives else GUESS
        yield name, guessed if weights is None else with_prosody(guessed, stock, weights)


def native_voices(voices: "Sequence[Voice]", lang: str) -> "list[Voice]":
    """Returns the voices that their names say speak a language; none for American English.

    That is what most voices speak, and what a run is in where nobody says: there all count.
    """
    from kvoicewalk.voices import voice_lang

    return [v for v in voices if lang != DEFAULT_LANG and voice_lang(v.name) == lang]


def _prosody_of(
    voices: "Sequence[Voice]",
    figures: "npt.NDArray[np.float64]",
    natives: "Sequence[Voice]",
    lang: str,
) -> "tuple[StockProsody, str]":
    """Returns the voices whose prosody is blended, and what the blend is called."""
    from kvoicewalk.search.starts import StockProsody

    if not natives:
        return StockProsody(voices, figures), "blended"
    rows = [i for i, voice in enumerate(voices) if voice in natives]
    return StockProsody([voices[i] for i in rows], figures[rows]), LANGUAGES[lang].name


def likest_known(session: "Session", voices: "Sequence[Voice]") -> "list[Voice]":
    """Returns voices by what is known of their likeness, the likest first; none if nothing is."""
    known = known_likeness(session, voices) if voices else None
    return sorted(voices, key=lambda voice: -known[voice.name]) if known else []
