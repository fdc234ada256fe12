"""What people see while voices are ranked; the clock is an argument."""

import io

from rich.console import Console

from kvoicewalk.report.live import (
    LiveRankView,
    QuietRankView,
    format_seconds,
    make_rank_view,
    standings_table,
)
from kvoicewalk.score.combine import Score
from kvoicewalk.search.base import RankStep


def step(name, n_done, score=None, screening=None, n_total=4):
    stage = "score" if score else "screen"
    parts = Score(score, 0.9, 0.95, 0.5) if score else None
    return RankStep(stage, name, screening, None, parts, n_done, n_total)


def console(is_terminal):
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100)


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        self.now_s += 1.0
        return self.now_s


def test_lines_off_a_terminal_show_new_bests_and_the_end():
    out = console(is_terminal=False)
    with make_rank_view(out, is_quiet=False, clock=lambda: 0.0) as view:
        view.update(step("a", 1, screening=0.6))
        view.update(step("b", 2, screening=0.5))
        view.update(step("c", 3, screening=0.7))
        view.update(step("d", 4, screening=0.1))
        view.update(step("c", 1, score=80.0, screening=0.7))
    lines = out.file.getvalue().splitlines()
    assert lines == [
        "screening every voice 1/4: a likeness 0.600 (best so far)",
        "screening every voice 3/4: c likeness 0.700 (best so far)",
        "screening every voice 4/4: d likeness 0.100",
        "scoring the best 1/4: c score 80.00 (best so far)",
    ]


def test_lines_come_at_least_every_ten_seconds():
    out = console(is_terminal=False)
    times = iter([0.0, 0.0, 5.0, 11.0])
    view = make_rank_view(out, is_quiet=False, clock=lambda: next(times))
    for n, likeness in enumerate((0.9, 0.1, 0.2), 1):
        view.update(step(f"v{n}", n, screening=likeness, n_total=9))
    assert [line.split(":")[1].split()[0] for line in out.file.getvalue().splitlines()] == [
        "v1",
        "v3",
    ]


def test_quiet_shows_nothing():
    out = console(is_terminal=True)
    view = make_rank_view(out, is_quiet=True)
    assert isinstance(view, QuietRankView)
    with view:
        view.update(step("a", 1, screening=0.6))
    assert out.file.getvalue() == ""


def test_live_shows_table_pace_and_time_left():
    out = console(is_terminal=True)
    view = make_rank_view(out, is_quiet=False, clock=Clock())
    assert isinstance(view, LiveRankView)
    with view:
        for n in range(1, 4):
            view.update(step(f"v{n}", n, score=70.0 + n, n_total=10))
    text = out.file.getvalue()
    assert "v3" in text
    assert "73.00" in text
    assert "voices/s" in text
    assert "left in this stage" in text


def test_table_puts_scored_voices_first_and_marks_what_is_missing():
    out = console(is_terminal=False)
    out.print(standings_table([step("best", 1, score=81.5, screening=0.7), step("c", 2)], 5))
    text = out.file.getvalue()
    assert text.index("best") < text.index(" c ")
    assert "81.50" in text
    assert "·" in text
    assert "and 3 more" in text


def test_a_compared_voice_shows_its_likeness_alone():
    out = console(is_terminal=False)
    out.print(standings_table([RankStep("compare", "c", 0.4, 0.612, None, 1, 2)]))
    assert ["1", "c", "·", "0.612", "·", "·", "0.400"] in [
        line.split() for line in out.file.getvalue().splitlines()
    ]


def test_names_are_text_not_markup():
    out = console(is_terminal=False)
    out.print(standings_table([step("[red]x[/red]", 1, score=50.0)]))
    assert "[red]x[/red]" in out.file.getvalue()


def test_durations_for_people():
    assert format_seconds(7.6) == "8 s"
    assert format_seconds(200) == "3 min 20 s"
    assert format_seconds(7500) == "2 h 5 min"
