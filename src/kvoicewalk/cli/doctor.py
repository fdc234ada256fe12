"""`kvw doctor`: is everything here, and is this recording any use?"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.flags import in_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.reasons import reason_of
from kvoicewalk.errors import KvwError
from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from rich.table import Table

PACKAGES = (
    "torch",
    "torchaudio",
    "kokoro",
    "misaki",
    "resemblyzer",
    "librosa",
    "numpy",
    "av",
    "typer",
)
MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}

Finding = dict[str, Any]


def doctor(
    targets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[TARGET]...",
            help="Recordings of one speaker, or voice files, to check as well.",
        ),
    ] = None,
    print_script: options.ScriptOption = None,
    channel: options.ChannelOption = None,
    json: options.JsonOption = False,
) -> None:
    """Check the installation, and recordings or voices if named.

    Grades each recording before you start a search: noise, bandwidth, clipping, music, other
    voices, and the best likeness possible. Of a voice, whoever made it, it tells where it comes
    from and what is unusual; how like somebody it is: kvw score. What to do: docs/doctor.md.
    """
    del print_script  # had its say before
    from kvoicewalk.app.doctor import examine_all, examine_voices, is_voice
    from kvoicewalk.cli.inputs import read_channel
    from kvoicewalk.cli.shown import ShownEvents

    output = Output(json)
    findings = [
        finding
        for what, check in (
            ("environment", _environment),
            ("device", _device),
            ("model mini", _mini),
            ("model kokoro", _kokoro),
            ("phonemes", _phonemes),
        )
        for finding in _guarded(what, check)
    ]
    voices = [path for path in targets or () if is_voice(path)]
    recordings = [path for path in targets or () if not is_voice(path)]
    findings.extend(_guarded("voices", lambda: examine_voices(voices)))
    if recordings:
        with ShownEvents(output).stage("examine"):
            findings.extend(
                _guarded("recordings", lambda: examine_all(recordings, read_channel(channel)))
            )
    findings = in_flags(findings)
    output.show({"findings": findings}, _table(findings))
    if any(finding["grade"] == "bad" for finding in findings):
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(MARKS[finding["grade"]], escape(finding["what"]), escape(finding["found"]))
        for one in finding.get("measures", ()):
            words = f"{one['found']}: {one['advice']}" if one["advice"] else one["found"]
            table.add_row(MARKS[one["grade"]], f"  {one['what']}", escape(words))
    return table


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yields a check's findings; where it fails, that is one, and the other checks go on."""
    try:
        yield from check()
    except KvwError as error:
        yield _finding("bad", what, error.message)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a broken package raises)
        yield _finding("bad", what, " ".join(reason_of(error).split()))


def _finding(grade: str, what: str, found: str, **more: Any) -> Finding:
    return {"grade": grade, "what": what, "found": found, **more}


def _environment() -> Iterator[Finding]:
    import platform
    from importlib import metadata

    from kvoicewalk.environment import read_environment

    yield _finding("ok", "kvw", f"{__version__}, Python {platform.python_version()}")
    for package in PACKAGES:
        try:
            yield _finding("ok", package, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield _finding("bad", package, "not installed; install kvoicewalk again")
    yield _finding("ok", "measurements kept in", str(read_environment().cache_dir))


def _device() -> Iterator[Finding]:
    import torch

    has_cuda = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if has_cuda else f"CPU, {torch.get_num_threads()} threads"
    yield _finding("ok", "device", device)


def _mini() -> Iterator[Finding]:
    from kvoicewalk.models import locate_model

    mini = locate_model("mini")
    yield _finding("ok", "model mini", f"embedded, {len(mini.voices.names)} voices")


def _kokoro() -> Iterator[Finding]:
    from kvoicewalk.models.hub import CONFIG_NAME, WEIGHTS_NAME, HubVoices, cached_path

    missing = [name for name in (CONFIG_NAME, WEIGHTS_NAME) if cached_path(name) is None]
    n_voices = len(HubVoices().names)
    if missing:
        yield _finding(
            "note", "model kokoro", f"not in the cache ({', '.join(missing)}); run 'kvw setup'"
        )
    else:
        yield _finding("ok", "model kokoro", f"in the cache, {n_voices} voices")


def _phonemes() -> Iterator[Finding]:
    from kvoicewalk.east_asian import NAMES, is_installed
    from kvoicewalk.languages import LANGUAGES
    from kvoicewalk.models import locate_model
    from kvoicewalk.models.base import read_model_config
    from kvoicewalk.phonemes import SPACY_MODEL, Phonemizer, has_misaki_english

    vocab = read_model_config(locate_model("mini").config_path)["vocab"]
    # The full stop is spoken, too, but would stand beside the table's own.
    spoken = Phonemizer(vocab).phonemize("Hello.", "a").chunks[0].rstrip(".")
    if has_misaki_english():
        yield _finding("ok", "phonemes", f"misaki's English front end: Hello → {spoken}")
    else:
        yield _finding(
            "note",
            "phonemes",
            f"espeak front end: Hello → {spoken}. Better English: "
            f"python -m spacy download {SPACY_MODEL}",
        )
    for lang, extra in NAMES.items():
        found = (
            "ready" if is_installed(lang) else f"not installed: pip install 'kvoicewalk[{extra}]'"
        )
        yield _finding("ok", f"phonemes, {LANGUAGES[lang].name}", found)
