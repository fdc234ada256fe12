"""Views of a search: live, as lines, or none; console and clock are arguments."""

import io

import pytest
from rich.console import Console

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.report.search_view import (
    Budget,
    LinesSearchView,
    LiveSearchView,
    QuietSearchView,
    make_search_view,
    parts_cells,
    search_table,
)
from kvoicewalk.score.combine import Score
from kvoicewalk.search.base import SearchStep


def evaluation(name="step1", score=80.0):
    return Evaluation(name, 0.7, None if score is None else Score(score, 0.7, 0.9, 0.5))


def step(number, outcome="rejected", score=80.0, best=81.0):
    return SearchStep(number, evaluation(f"step{number}", score), outcome, best)


def console(is_terminal=False):
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100, emoji=False)


@pytest.mark.parametrize(
    ("is_terminal", "is_quiet", "kind"),
    [
        (True, True, QuietSearchView),
        (False, True, QuietSearchView),
        (True, False, LiveSearchView),
        (False, False, LinesSearchView),
    ],
)
def test_the_view_fits_the_console(is_terminal, is_quiet, kind):
    view = make_search_view(console(is_terminal), "walking", Budget, is_quiet)
    assert type(view) is kind


def test_lines_tell_improvements_and_something_every_ten_seconds():
    out, times_s = console(), iter([0.0, 0.0, 0.0, 1.0, 2.0, 13.0, 14.0, 15.0, 16.0])
    view = LinesSearchView(out, "walking", lambda: Budget(9), lambda: next(times_s))
    with view:
        view.start(0, evaluation("af_x"), 0.0)
        view.update(step(1))
        view.update(step(2, "accepted", 82.0, 82.0))
        view.update(step(3, best=82.0))
        view.update(step(4, "gated", None, 82.0))
    assert out.file.getvalue().splitlines() == [
        "walking start: af_x: score 80.00, likeness 0.700, stability 0.900, features 0.500",
        "walking 2/9: step2: score 82.00, likeness 0.700, stability 0.900, features 0.500 "
        "(best so far)",
        "walking 3/9: best so far 82.00",
    ]


def test_live_shows_the_best_first_the_last_step_counts_pace_and_time_left():
    out, now_s = console(is_terminal=True), [0.0]
    view = LiveSearchView(out, "walking", lambda: Budget(10), lambda: now_s[0])
    with view:
        view.start(0, evaluation("[af_x]"), 0.0)
        now_s[0] = 4.0
        view.update(step(1, "accepted", 82.0, 82.0))
        view.update(step(2, "gated", None, 82.0))
    shown = out.file.getvalue()
    assert "[af_x]" in shown
    assert "gated" in shown
    assert "2/10" in shown
    assert "1 accepted · 0 rejected · 1 gated · 0.5 steps/s · 16 s left" in shown
    last = shown[shown.rindex("stability") :]
    assert last.index("82.00") < last.index("80.00")


def test_going_on_says_from_where():
    out = console()
    LinesSearchView(out, "walking", Budget, lambda: 0.0).start(7, evaluation(), 3.0)
    assert "on from step 7" in out.file.getvalue()


@pytest.mark.parametrize(
    ("budget", "left_s"),
    [
        (Budget(10), 4.0),
        (Budget(None, 60.0), 50.0),
        (Budget(10, 12.0), 2.0),
        (Budget(), None),
    ],
)
def test_time_left_is_the_least_of_steps_and_minutes(budget, left_s):
    assert budget.seconds_left(number=2, used_s=10.0, pace=2.0) == left_s
    assert Budget(10).seconds_left(2, 10.0, None) is None


def test_tables_take_names_as_text():
    out = console()
    out.print(search_table([("start", evaluation("[b]x")), ("best", evaluation(score=None))]))
    assert "[b]x" in out.file.getvalue()


def test_a_likeness_at_a_glance_is_marked():
    assert parts_cells(Evaluation("v", 0.5, None))[2] == "0.500"
    assert parts_cells(Evaluation("v", 0.5, None, is_glance=True))[2] == "~0.500"
