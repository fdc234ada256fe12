"""What a search shows."""

import io

from rich.console import Console

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.report.live import LinesView, LiveView
from kvoicewalk.report.parts_table import parts_cells
from kvoicewalk.report.search_view import SearchProgress, search_table
from kvoicewalk.scoring.combine import Score
from kvoicewalk.search.base import SearchStep
from kvoicewalk.search.sweep import SweepStep
from kvoicewalk.store.results import step_row


def evaluation(name="step1", score=80.0):
    return Evaluation(name, 0.7, None if score is None else Score(score, 0.7, 0.9, 0.5))


def step(number, outcome="rejected", score=80.0, best=81.0):
    return SearchStep(number, evaluation(f"step{number}", score), outcome, best)


def console(is_terminal=False, width=100):
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=width, emoji=False)


def test_lines_tell_improvements_and_something_every_ten_seconds():
    out, times_s = console(), iter([0.0, 0.0, 1.0, 2.0, 13.0, 14.0])
    search = SearchProgress(LinesView(out, lambda: next(times_s)), "walking", 9)
    search.start(0, evaluation("af_x"), 0.0)
    search.update(step(1))
    search.update(step(2, "accepted", 82.0, 82.0))
    search.update(step(3, best=82.0))
    search.update(step(4, "gated", None, 82.0))
    assert out.file.getvalue().splitlines() == [
        "walking start: af_x: score 80.00, likeness 0.700, stability 0.900, features 0.500",
        "walking 2/9: step2: score 82.00, likeness 0.700, stability 0.900, features 0.500 "
        "(best so far)",
        "walking 3/9: best so far 82.00",
    ]


def test_a_sweep_tells_with_each_step_how_many_there_will_be():
    out = console()
    search = SearchProgress(LinesView(out, lambda: 0.0), "interpolating")
    search.start(0, evaluation("af_x"), 0.0)
    search.update(SweepStep(1, (), 0.5, evaluation("a:0.75,b:0.25"), 80.0, "accepted", 145))
    assert "interpolating 1/145: a:0.75,b:0.25: score 80.00" in out.file.getvalue()


def test_live_shows_the_best_first_the_last_step_counts_pace_and_time_left(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out, now_s = console(is_terminal=True), [0.0]
    with LiveView(out, lambda: now_s[0]) as view:
        search = SearchProgress(view, "walking", 10)
        search.start(0, evaluation("[af_x]"), 0.0)
        now_s[0] = 2.0
        search.update(step(1, "accepted", 82.0, 82.0))
        now_s[0] = 4.0
        search.update(step(2, "gated", None, 82.0))
    shown = out.file.getvalue()
    last = shown[shown.rindex("stability") :]
    assert "[af_x]" in last
    assert "gated" in last
    assert "1 accepted · 0 rejected · 1 gated" in last
    assert "2/10 · 16 s left · 0.50 steps/s" in last
    assert last.index("82.00") < last.index("80.00")


def test_going_on_says_from_where():
    out = console()
    SearchProgress(LinesView(out, lambda: 0.0), "walking").start(7, evaluation(), 3.0)
    assert "on from step 7" in out.file.getvalue()


def test_a_live_table_cuts_long_names_so_that_each_row_is_one_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out = console(is_terminal=True, width=60)
    with LiveView(out, lambda: 0.0) as view:
        SearchProgress(view, "walking", 10).start(0, evaluation("af_bella:0.625," * 5), 0.0)
    rows = [line for line in out.file.getvalue().splitlines() if "af_bella" in line]
    assert all("…" in row and "80.00" in row for row in rows)


def test_tables_take_names_as_text():
    out = console()
    out.print(search_table([("start", evaluation("[b]x")), ("best", evaluation(score=None))]))
    assert "[b]x" in out.file.getvalue()


def test_a_likeness_at_a_glance_is_marked():
    def likeness(evaluation):
        return parts_cells(step_row(1, evaluation, "gated"))[1]

    assert likeness(Evaluation("v", 0.5, None)) == "0.500"
    assert likeness(Evaluation("v", 0.5, None, is_glance=True)) == "~0.500"
