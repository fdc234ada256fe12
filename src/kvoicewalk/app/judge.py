"""Judges a finished voice on new texts: the end of a search, and `score --held-out`."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events, Judgement
from kvoicewalk.errors import AudioError, Message, SynthError

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.audio import Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.held_out import HeldOut, Yardstick
    from kvoicewalk.judges import Judge, Reading
    from kvoicewalk.verdict import Standing
    from kvoicewalk.voices import Voice

JUDGED_LENGTHS = (100, 200)  # phonemes: some 25 s of speech are enough for the second judges
SHORT_MINUTES = 10.0
PAUSE_S = 0.8  # before and after what is said, in each text
JUDGES_S = 10.0  # for the second judges themselves; one whose turn comes too late is left out


class HeldOutJudge:
    """Judges voices of one session; the best stock voice speaks once for all of them."""

    def __init__(
        self,
        session: "Session",
        floor: "Voice",
        stock: "Sequence[Voice]",
        knows_text: bool = True,
    ) -> None:
        """Measures nothing yet.

        Args:
            session: with target and model.
            floor: the best stock voice.
            stock: all stock voices, for the distance from them.
            knows_text: whether the session's text is the one that the voices were searched with.
        """
        self._session, self._floor, self._stock = session, floor, stock
        self._knows_text = knows_text
        self._yardstick: Yardstick | None = None
        self._below: tuple[HeldOut, float | None] | None = None
        self._floor_speech: list[Utterance] | None = None
        self._panel: list[Judge] | None = None

    def judge(self, voice: "Voice", events: Events) -> dict[str, Any] | None:
        """Judges a voice.

        Returns:
            The figures; None where a text gives no speech: that spoils no run.
        """
        try:
            with events.stage("held_out"):
                standing, readings = self._stand(voice)
        except (AudioError, SynthError) as error:
            events.warning(Message(f"{voice.name} could not be judged on new texts: ", error))
            return None
        from kvoicewalk.store.results import held_out_row
        from kvoicewalk.verdict import floor_verdict, judge_standing

        is_floor = voice.hash == self._floor.hash
        verdict = floor_verdict() if is_floor else judge_standing(standing, readings)
        events.judged(Judgement(voice.name, standing, verdict, tuple(readings)))
        return held_out_row(standing, verdict, self._place(voice), readings).dump()

    def _stand(self, voice: "Voice") -> "tuple[Standing, list[Reading]]":
        from kvoicewalk.app.floor import hear_floor
        from kvoicewalk.held_out import compare_held_out, make_yardstick
        from kvoicewalk.verdict import Standing

        session = self._session
        if self._yardstick is None:
            self._yardstick = make_yardstick(session.clips, session.evaluator.scorer.encoders)
        if self._below is None:
            spoken = hear_floor(session, self._floor, n_seeds(session.config))
            found = compare_held_out(spoken, self._yardstick.references)
            self._below = found, self._searched(self._floor)
        own, speech = self._measure(voice)
        below, floor_searched = self._below
        standing = Standing(
            own,
            below,
            self._floor.name,
            self._yardstick.ceiling,
            self._searched(voice),
            floor_searched,
            self._yardstick.by_encoder,
        )
        return standing, self._hear(speech)

    def _measure(self, voice: "Voice") -> "tuple[HeldOut, list[Utterance]]":
        from kvoicewalk.held_out import measure_held_out

        assert self._yardstick is not None
        evaluator = self._session.evaluator
        speech: list[Utterance] = []

        def keep(n_phonemes: int, utterance: "Utterance") -> None:
            if n_phonemes in JUDGED_LENGTHS:
                speech.append(utterance)

        found = measure_held_out(
            voice,
            self._yardstick.references,
            evaluator.synthesizer,
            evaluator.scorer.encoders,
            n_seeds=n_seeds(self._session.config),
            seed=evaluator.seed,
            lang=evaluator.lang,
            texts=self._session.config.texts.held_out,
            hear=keep,
        )
        return found, speech

    def _searched(self, voice: "Voice") -> float | None:
        """Returns the likeness on the text that was searched with; None where that is not known."""
        from kvoicewalk.scoring.speaker import compare, joint_similarity, mean_similarities

        if not self._knows_text:
            return None
        assert self._yardstick is not None
        own = self._session.evaluator.embeddings(voice)
        return joint_similarity(
            mean_similarities([compare(own, one) for one in self._yardstick.references])
        )

    def _hear(self, speech: "Sequence[Utterance]") -> "list[Reading]":
        if not self._session.config.held_out.has_judges:
            return []
        from kvoicewalk.judges import hear_judges, open_panel

        clips = list(self._session.clips)
        if len(clips) > 1:  # only the words of a single recording are known
            clips = [replace(clip, text="") for clip in clips]
        self._panel = self._panel or open_panel(
            self._session.config.judges,
            self._session.evaluator.lang,
            self._session.evaluator.scorer.encoders.names,
        )
        return hear_judges(self._panel, speech, self._speak_floor, clips, self._is_late)

    def _speak_floor(self) -> "list[Utterance]":
        from kvoicewalk.app.floor import speak_for_judges

        if self._floor_speech is None:
            self._floor_speech = speak_for_judges(self._session, self._floor, JUDGED_LENGTHS)
        return self._floor_speech

    def _is_late(self) -> bool:
        config = self._session.config
        if config.command != "clone" or config.walk.minutes is None:
            return False
        return time.monotonic() > self._session.started_s + 60 * config.walk.minutes

    def _place(self, voice: "Voice") -> dict[str, float | None]:
        """Returns how far the voice lies from the stock voices; None each where they are few."""
        from kvoicewalk.search.prior import MIN_VOICES, fit_prior
        from kvoicewalk.search.space import describe_population

        if len(self._stock) < MIN_VOICES:
            return {"prior_distance": None, "prior_percentile": None}
        prior = fit_prior(describe_population(self._stock).row_means)
        return {
            "prior_distance": prior.value(voice),
            "prior_percentile": prior.percentile(voice),
        }


def n_seeds(config: "RunConfig") -> int:
    """Returns how often the texts are spoken: once where a clone has little time."""
    minutes = config.walk.minutes if config.command == "clone" else None
    is_short = minutes is not None and minutes < SHORT_MINUTES
    return 1 if is_short else config.held_out.n_seeds


def judging_s(session: "Session", voice: "Voice", floor: "Voice", pace: float) -> float:
    """Returns about how many seconds judging a voice will take.

    Args:
        session: with model and target.
        voice: what the search starts from, in place of what it will find.
        floor: the best stock voice, which may be remembered from an earlier run.
        pace: seconds that a second of speech takes.
    """
    from kvoicewalk.app.floor import n_unknown

    wanted, n = session.config.held_out, n_seeds(session.config)
    if not wanted.is_wanted:
        return 0.0
    every, for_judges = list(session.config.texts.held_out), JUDGED_LENGTHS
    evaluator = session.evaluator
    # What the floor says of the text that is searched with, too.
    spoken_s = evaluator.synthesizer.duration_s(evaluator.text, floor, evaluator.lang)
    spoken_s += n * _speech_s(session, voice, every)
    spoken_s += n_unknown(session, floor, n) * _speech_s(session, floor, every)
    if not wanted.has_judges:
        return spoken_s * pace
    return (spoken_s + _speech_s(session, floor, for_judges)) * pace + JUDGES_S


def _speech_s(session: "Session", voice: "Voice", lengths: "Sequence[int]") -> float:
    """Returns about how long a voice speaks the held-out texts of some lengths."""
    evaluator, said = session.evaluator, session.config.texts.held_out
    synthesizer, lang = evaluator.synthesizer, evaluator.lang

    def n_phonemes(text: str) -> int:
        return sum(map(len, synthesizer.phonemes(text, lang)))

    whole_s = synthesizer.duration_s(evaluator.text, voice, lang)
    phoneme_s = max(0.0, whole_s - PAUSE_S) / max(1, n_phonemes(evaluator.text))
    texts = [text for n in lengths for text in said[n]]
    return sum(PAUSE_S + phoneme_s * n_phonemes(text) for text in texts)


def judge_all(
    session: "Session", voices: "Sequence[Voice]", events: Events, result: dict[str, Any]
) -> None:
    """Judges voices against the best stock voice: the latest run's, or that of a ranking made now.

    Args:
        session: scores.
        voices: to be judged.
        events: hear of it.
        result: gets `held_out`, one entry a voice, as they come.
    """
    from kvoicewalk.app.session import stock_voices

    config = session.config
    stock = stock_voices(session.model, config.rank.voices_path, events)
    goes_on = bool(config.population.voices)  # from a run: its text is known
    judge = HeldOutJudge(session, _floor(session, stock, events), stock, goes_on)
    judged = result.setdefault("held_out", {})
    for voice in voices:
        judged[voice.name] = judge.judge(voice, events)


def _floor(session: "Session", stock: "Sequence[Voice]", events: Events) -> "Voice":
    from kvoicewalk.app.rank import best_of
    from kvoicewalk.app.start import known_floor
    from kvoicewalk.app.stock import known_likeness
    from kvoicewalk.evaluate import SerialExecutor
    from kvoicewalk.search.rank import rank

    floor = known_floor(session.config, session.model.voices)
    if floor is not None:
        return floor
    steps = []
    with events.stage("floor", n_voices=len(stock)):
        known = known_likeness(session, stock)
        config = session.config.rank
        for step in rank(stock, session.evaluator, config, SerialExecutor(), known=known):
            steps.append(step)
            events.step(step)
    best = best_of(steps).voice_name
    return next(voice for voice in stock if voice.name == best)
