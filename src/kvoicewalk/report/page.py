"""The listening page: one HTML file that needs no network and no server.

All words of users and files go through the templates' escaping. Style and script are the only
inline code, and the page's Content-Security-Policy names them by their hashes.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import StoreError
from kvoicewalk.report import charts, plain
from kvoicewalk.report.names import names_only
from kvoicewalk.report.page_audio import make_clips
from kvoicewalk.report.page_facts import HeldOutFacts, Parts, RunFacts, read_facts
from kvoicewalk.report.players import Player, compared_players, run_players, timeline_of
from kvoicewalk.report.tables import details_of, gap_of, score_rows
from kvoicewalk.report.words import verdict, when
from kvoicewalk.store.files import to_json, write_text_atomic

if TYPE_CHECKING:
    import jinja2

    from kvoicewalk.store import RunRecord, RunStore

PAGE_NAME = "report.html"
TEMPLATES_DIR = Path(__file__).parent / "templates"
MAX_PAGE_BYTES = 6_000_000
MAX_AUDIO_BYTES = 5_000_000  # of base64
MAX_RANKED = 120
MAX_COMPARED = 12
CONFIG_CHARS = 20_000


def write_run_page(store: "RunStore", record: "RunRecord") -> Path:
    """Writes a run's page into its folder, whole or not at all; returns its path.

    Raises:
        StoreError: the folder is gone, or the page cannot be written.
    """
    if not record.folder.is_dir():
        raise StoreError(f"{record.folder} is gone, so run {record.run_id} has no place for a page")
    path = record.folder / PAGE_NAME
    write_text_atomic(path, run_page(read_facts(store, record)))
    return path


def write_comparison(store: "RunStore", records: "Sequence[RunRecord]") -> Path:
    """Writes one page of several runs beside their folders; returns its path.

    The name follows from the runs: the same ones are compared on the same page.

    Raises:
        StoreError: too many runs, or the page cannot be written.
    """
    if len(records) > MAX_COMPARED:
        raise StoreError(
            f"{len(records)} runs are too many for one page; name at most {MAX_COMPARED}"
        )
    names = "\n".join(record.run_id for record in records)
    path = store.out_dir / f"compare-{hashlib.sha256(names.encode()).hexdigest()[:10]}.html"
    write_text_atomic(path, comparison_page([read_facts(store, record) for record in records]))
    return path


def run_page(facts: RunFacts) -> str:
    """Returns the page of one run."""
    timeline, left_out = timeline_of(facts)
    wanted = run_players(facts)
    paths = {key: one.path for key, one in wanted.items() if one.path is not None}
    paths.update({one.key: one.path for one in timeline if one.path is not None})
    clips, notes = make_clips(paths, MAX_AUDIO_BYTES)
    players = [one for one in wanted.values() if one.key in clips]
    record, found = facts.record, facts.held_out
    return _render(
        "run.html",
        title=f"{plain.text(record.target, 60)} · {record.command}",
        facts=facts,
        target=plain.text(record.target),
        when=when(record.started_at),
        verdict=verdict(facts),
        gap=gap_of(found),
        players=players,
        clips=clips,
        vote=_vote_head([facts], players),
        can_vote=_can_vote(players),
        scores=score_rows(facts),
        ranking=facts.voices[:MAX_RANKED],
        n_ranked_more=max(0, len(facts.voices) - MAX_RANKED),
        curve=charts.best_so_far(facts.steps, facts.start, facts.floor),
        lengths=charts.likeness_by_length([("the new voice", found)] if found else []),
        plane=charts.voice_plane(facts),
        timeline=timeline,
        n_timeline_more=left_out,
        details=details_of(facts),
        config=plain.text(to_json(record.config, indent=2), CONFIG_CHARS),
        notes=[*map(_note, notes), *facts.notes],
    )


def comparison_page(runs: Sequence[RunFacts]) -> str:
    """Returns the page of several runs, side by side."""
    wanted = compared_players(runs)
    paths = {key: one.path for key, one in wanted.items() if one.path is not None}
    clips, notes = make_clips(paths, MAX_AUDIO_BYTES)
    players = [one for one in wanted.values() if one.key in clips]
    judged = [
        (f"{i}: {facts.best.name if facts.best else facts.record.command}", facts.held_out)
        for i, facts in enumerate(runs, 1)
        if facts.held_out is not None
    ]
    targets = list(dict.fromkeys(plain.text(facts.record.target) for facts in runs))
    return _render(
        "comparison.html",
        title=f"{len(runs)} runs compared",
        runs=[(facts, verdict(facts), when(facts.record.started_at)) for facts in runs],
        targets=targets,
        players=players,
        clips=clips,
        vote=_vote_head(runs, players),
        can_vote=_can_vote(players) and len([p for p in players if p.kind == "target"]) < 2,
        lengths=charts.likeness_by_length(judged),
        notes=[*map(_note, notes), *(note for facts in runs for note in facts.notes)],
    )


def _note(said: str) -> str:
    return plain.text(names_only(said))


def _can_vote(players: Sequence[Player]) -> bool:
    """Tells whether there is a choice between voices that speak the same text."""
    return len([player for player in players if player.kind != "target"]) > 1


def _vote_head(runs: Sequence[RunFacts], players: Sequence[Player]) -> dict[str, Any]:
    """Returns what a saved vote says of its page: which runs and voices were heard."""
    return {
        "kind": "kvw-vote",
        "version": 1,
        "runs": [facts.record.run_id for facts in runs],
        "target": plain.text(runs[0].record.target),
        "model": plain.text(runs[0].record.model),
        "voices": {one.key: one.voice for one in players if one.kind != "target"},
    }


def _render(template: str, **values: Any) -> str:
    import jinja2
    import markupsafe

    # As the page holds them: their hashes are of these very characters.
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "media-src data: blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    # Files of this package, with no user's words in them.
    own = {"style": markupsafe.Markup(style), "script": markupsafe.Markup(script)}  # noqa: S704
    try:
        page = _environment().get_template(template).render(**own, policy=policy, **values)
    except jinja2.TemplateError as error:
        raise StoreError(f"the page cannot be made of this run ({error})") from error
    # A file name on disk may hold what is no Unicode.
    return page.encode("utf-8", "replace").decode("utf-8")


def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        figure=_figure, percent=_percent, alike=_alike, told=_told, clock=_clock, wave=_wave
    )
    return environment


def _asset(name: str) -> str:
    return (TEMPLATES_DIR / name).read_text(encoding="utf-8")


def _source(code: str) -> str:
    digest = hashlib.sha256(code.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _figure(value: float | None, n_digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{n_digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}".replace("%", "\u202f%")


def _alike(parts: Parts | None) -> str:
    """Returns a likeness in percent; where that is not known, the encoder's cosine."""
    if parts is None or parts.likeness is None:
        return _figure(parts.target_similarity if parts else None)
    return f"{parts.likeness:.1%}".replace("%", "\u202f%")


def _told(value: float | None, found: HeldOutFacts | None) -> str:
    """Returns a judged likeness in percent; a cosine in runs before that was counted."""
    if value is None or found is None or not found.encoders:
        return _figure(value)
    from kvoicewalk.scoring.speaker.likeness import likeness_of

    return _percent(likeness_of(value))


def _clock(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _wave(bars: Sequence[float]) -> str:
    """Returns a recording's picture as a path in a box of 4 units a bar × 40."""
    path = []
    for i, height in enumerate(bars):
        tall = round(max(2.0, 38 * height), 1)
        path.append(f"M{4 * i + 0.7:g} {20 - tall / 2:g}h2.6v{tall:g}h-2.6z")
    return "".join(path)
