"""What people see while voices are ranked or searched; console and clock are arguments."""

import io

import pytest
from rich.console import Console

from kvoicewalk.report.live import Frame, LinesView, LiveView, View, format_seconds, make_view


def frame(n_done, title="walking", n_total=10, is_news=False, **budget):
    line = f"{title} {n_done}: a line that is longer than the console is wide"
    return Frame(
        title, "steps", n_done, n_total, line, is_news, lambda: f"table {n_done}", **budget
    )


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def console(is_terminal, width=60):
    file = io.StringIO()
    return Console(file=file, force_terminal=is_terminal, width=width, color_system=None)


def shown(frames, width=100):
    """Returns the last picture of a live view; each frame comes with the time of its step."""
    out, now_s = console(is_terminal=True, width=width), [0.0]
    with LiveView(out, lambda: now_s[0]) as view:
        for now_s[0], one in frames:
            view.show(one)
    text = out.file.getvalue()
    return text[text.rindex("table") :]


@pytest.mark.parametrize(
    ("is_terminal", "is_quiet", "kind"),
    [(True, True, View), (False, True, View), (True, False, LiveView), (False, False, LinesView)],
)
def test_the_view_fits_the_console(is_terminal, is_quiet, kind):
    assert type(make_view(console(is_terminal), is_quiet)) is kind


def test_a_terminal_that_cannot_redraw_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert type(make_view(console(is_terminal=True), is_quiet=False)) is LinesView


def test_quiet_shows_nothing():
    out = console(is_terminal=True)
    with make_view(out, is_quiet=True) as view:
        view.show(frame(1, is_news=True))
    assert out.file.getvalue() == ""


def test_lines_tell_what_is_news_and_something_every_ten_seconds():
    out, times_s = console(is_terminal=False), iter([0.0, 1.0, 2.0, 11.9, 12.0, 13.0])
    with LinesView(out, lambda: next(times_s)) as view:
        for number in range(1, 6):
            view.show(frame(number, is_news=number == 2))
    told = "a line that is longer than the console is wide"
    assert out.file.getvalue().splitlines() == [f"walking 2: {told}", f"walking 4: {told}"]


def test_live_shows_table_count_time_left_and_pace():
    text = shown([(0, frame(0)), (4, frame(1)), (6, frame(2)), (8, frame(3))])
    assert text.startswith("table 3")
    assert "3/10 · 14 s left · 0.50 steps/s" in text


def test_the_first_step_of_each_title_has_no_part_in_the_pace():
    slow_first = [(100, frame(1, "one")), (101, frame(2, "one"))]
    assert "2/10 · 8 s left · 1.0 steps/s" in shown(slow_first)
    text = shown([*slow_first, (200, frame(1, "two")), (204, frame(2, "two"))])
    assert "2/10 · 32 s left · 0.25 steps/s" in text
    assert "one" not in text


def test_steps_before_a_search_went_on_have_no_part_in_the_pace():
    text = shown([(0, frame(70, n_total=100)), (2, frame(71, n_total=100))])
    assert "71/100 · 58 s left · 0.50 steps/s" in text


@pytest.mark.parametrize(
    ("n_total", "budget", "figures"),
    [
        (None, {}, "2 · 0.50 steps/s"),
        (None, {"used_s": 10.0, "seconds": 60.0}, "2 · 46 s left · 0.50 steps/s"),
        (10, {"used_s": 10.0, "seconds": 60.0}, "2/10 · 16 s left · 0.50 steps/s"),
        (10, {"used_s": 10.0, "seconds": 20.0}, "2/10 · 6 s left · 0.50 steps/s"),
        (10, {"used_s": 10.0, "seconds": 12.0}, "2/10 · 0 s left · 0.50 steps/s"),
    ],
)
def test_time_left_is_the_least_of_steps_and_seconds(n_total, budget, figures):
    steps = [(time_s, frame(n, n_total=n_total, **budget)) for n, time_s in enumerate((0, 2, 4))]
    assert figures in shown(steps)


def test_a_budget_of_seconds_needs_no_pace_to_tell_what_is_left():
    assert "0 · 50 s left" in shown([(0, frame(0, n_total=None, used_s=10.0, seconds=60.0))])


def test_the_bar_shows_the_budget_that_ends_first():
    def n_full(n_total, seconds):
        first, last = (frame(n, n_total=n_total, seconds=seconds) for n in (0, 3))
        return shown([(0, first), (9, last)]).count("━")

    by_steps, by_time = n_full(10, None), n_full(None, 10.0)
    assert (by_steps, by_time) == (9, 27)  # of 30
    assert n_full(10, 10.0) == by_time
    assert n_full(10, 1000.0) == by_steps


def test_the_end_of_the_bar_leaves_room_for_an_echoed_ctrl_c():
    line = shown([(0, frame(0)), (4, frame(1)), (6, frame(2))], width=40).splitlines()[1]
    assert "2/10" in line
    assert len(line) <= 37


def test_a_live_view_leaves_nothing_behind():
    out = console(is_terminal=True)
    with LiveView(out, lambda: 0.0) as view:
        view.show(frame(1))
    text = out.file.getvalue()
    assert text.endswith("\x1b[2K")  # each line is erased
    assert "\x1b[?25h" in text  # and the cursor is there again


def test_durations_for_people():
    assert format_seconds(7.6) == "8 s"
    assert format_seconds(200) == "3 min 20 s"
    assert format_seconds(7500) == "2 h 5 min"
