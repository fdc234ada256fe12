"""What a ranking shows."""

import io

from rich.console import Console

from kvoicewalk.report.live import LinesView, LiveView
from kvoicewalk.report.parts_table import PARTS
from kvoicewalk.report.rank_view import RankProgress, standings_table
from kvoicewalk.scoring.combine import Score
from kvoicewalk.search.base import RankStep
from kvoicewalk.store.results import RankRow, rank_row


def step(name, n_done, score=None, screening=None, n_total=4):
    stage = "score" if score else "screen"
    parts = Score(score, 0.9, 0.95, 0.5) if score else None
    likeness = parts.target_similarity if parts else None
    return RankStep(stage, name, screening, likeness, parts, n_done, n_total)


def console(is_terminal=False, width=100):
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=width)


def printed(*rows, n_total=None, width=100):
    out = console(width=width)
    out.print(standings_table(rows, n_total))
    return out.file.getvalue()


def test_lines_show_new_bests_of_each_stage_and_its_end():
    out = console()
    ranking = RankProgress(LinesView(out, lambda: 0.0))
    ranking.update(step("a", 1, screening=0.6))
    ranking.update(step("b", 2, screening=0.5))
    ranking.update(step("c", 3, screening=0.7))
    ranking.update(step("d", 4, screening=0.1))
    ranking.update(step("c", 1, score=80.0, screening=0.7))
    assert out.file.getvalue().splitlines() == [
        "screening every voice 1/4: a likeness 0.600 (best so far)",
        "screening every voice 3/4: c likeness 0.700 (best so far)",
        "screening every voice 4/4: d likeness 0.100",
        "scoring the best 1/4: c score 80.00 (best so far)",
    ]


def test_live_shows_the_standings_over_the_bar_of_the_stage(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out, now_s = console(is_terminal=True), [0.0]
    with LiveView(out, lambda: now_s[0]) as view:
        ranking = RankProgress(view)
        for n in range(1, 14):
            ranking.update(step(f"v{n}", n, score=70.0 + n, n_total=20))
            now_s[0] += 2.0
    text = out.file.getvalue()
    last = text[text.rindex("stability") :]
    assert last.index("83.00") < last.index("82.00")
    assert "… and 1 more" in last
    assert "scoring the best" in last
    assert "13/20 · 14 s left · 0.50 voices/s" in last


def test_table_puts_scored_voices_first_and_marks_what_is_missing():
    best = rank_row(step("best", 1, score=81.5, screening=0.7))
    text = printed(best, rank_row(step("c", 2)), n_total=5)
    assert text.index("best") < text.index(" c ")
    assert "81.50" in text
    assert "·" in text
    assert "and 3 more" in text


def test_a_compared_voice_shows_its_likeness_alone():
    row = rank_row(RankStep("compare", "c", 0.4, 0.612, None, 1, 2))
    cells = ["1", "c", "·", "0.612", "·", "·", "0.400"]
    assert cells in [line.split() for line in printed(row).splitlines()]


def test_names_are_text_not_markup():
    assert "[red]x[/red]" in printed(RankRow(name="[red]x[/red]", score=50.0))


def test_sixty_columns_hold_every_number_and_a_long_name_is_folded():
    name = "af_bella:0.625,am_adam:0.375"
    row = RankRow(
        name=name,
        score=81.5,
        target_similarity=0.8,
        self_similarity=0.9,
        feature_similarity=0.7,
        screening_similarity=0.6,
    )
    head, *lines = printed(row, width=60).splitlines()
    assert head.split() == ["#", "voice", *PARTS, "screening"]
    assert lines[0].split()[2:] == ["81.50", "0.800", "0.900", "0.700", "0.600"]
    assert name == "".join(line[2:].split()[0] for line in lines)
