"""What the library says, in the words of the command; and that no flag is named but there."""

import ast
import inspect
import re
from pathlib import Path

import pytest
import torch
import typer

from kvoicewalk import api, voices
from kvoicewalk.app.events import Events
from kvoicewalk.app.handover import latest_search
from kvoicewalk.audio import check_speech_path
from kvoicewalk.cli.app import app
from kvoicewalk.cli.flags import ARGUMENTS, COMMANDS, FLAGS, in_flags
from kvoicewalk.config_file import merge_config
from kvoicewalk.decode import Source
from kvoicewalk.errors import Call, Key, KvwError, Message, Setting
from kvoicewalk.models.files import locate_folder
from kvoicewalk.models.registry import choose_device
from kvoicewalk.store.files import require_writable
from kvoicewalk.target.quality import grade_channels

SOURCE = Source(44_100, 2, 2, 0.0, own_s=(3.0, 4.0))
PACKAGE = Path(api.__file__).parent
# Whose arguments are those of pip and uv, and of the programs that voices are put into.
OTHER_PROGRAMS = {"scoring/speaker/fetch.py", "runtimes/table.py"}
# The only remedy is a command, which is named whole: no function of the library does the same.
WHOLE_COMMANDS = ("kvw setup --judges", "kvw setup --encoders")
FLAG = re.compile(r"(?<![\w-])--[a-z]|\bkvw [^.;]* -[a-z]\b")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Setting("out_dir"), "--out"),
        (Setting("device", "cpu"), "--device cpu"),
        (Setting("wav_path", Path("a.mp3")), "--save a.mp3"),
        (Setting("method", "random", "cma"), "--method random or cma"),
        (Setting("words"), "--text"),
        (Setting("is_transcribed", True), "--transcribe"),
        (Key("model.device"), "model.device"),
        (Call("resume"), "kvw runs resume"),
        (Call("rank", Setting("target")), "kvw rank TARGET"),
        (Call("score", Setting("voices"), Setting("target", "a.wav")),
         "kvw score VOICE -t a.wav"),
    ],
)  # fmt: skip
def test_a_part_reads_as_it_is_typed(part, words):
    assert in_flags(Message("so: ", part, ".")) == f"so: {words}."


def test_messages_are_found_in_plain_data_and_all_else_is_left():
    message = Message("use ", Setting("device", "cpu"), ".")
    data = {"found": [message, ("plain", 1, None)], "ceiling": 0.5}
    assert in_flags(data) == {"found": ["use --device cpu.", ["plain", 1, None]], "ceiling": 0.5}
    assert in_flags("plain") == "plain"


def refused(call, *given):
    with pytest.raises(KvwError) as caught:
        call(*given)
    return caught.value.message


@pytest.mark.parametrize(
    ("message", "command", "python"),
    [
        (lambda path: refused(choose_device, "cuda"),
         "--device cuda: torch finds no such device. Use --device cpu.",
         'device="cuda": torch finds no such device. Use device="cpu".'),
        (lambda path: refused(check_speech_path, Path("a.mp4")),
         "--save a.mp4: no ending of a sound that is written; choose one of .wav, .flac, .mp3, "
         ".opus.",
         'wav_path="a.mp4": no ending of a sound that is written; choose one of .wav, .flac, '
         ".mp3, .opus."),
        (lambda path: refused(check_speech_path, Path("a.mp3"), "flac"),
         "--save a.mp3 ends like mp3; --format flac is another.",
         'wav_path="a.mp3" ends like mp3; format="flac" is another.'),
        (lambda path: refused(require_writable, path / "file" / "runs"),
         "{}/file is no folder; choose another with --out.",
         "{}/file is no folder; choose another with `out_dir`."),
        (lambda path: refused(locate_folder, path / "none"),
         "--model {}/none: no such folder. Give kokoro, mini or a folder with config.json, one "
         ".pth and voices/.",
         'model="{}/none": no such folder. Give kokoro, mini or a folder with config.json, one '
         ".pth and voices/."),
        (lambda path: refused(latest_search, path / "none", Events()),
         "no target was given and {}/none holds no earlier run to take it from. Name a recording, "
         "or run 'kvw rank TARGET' first.",
         "no target was given and {}/none holds no earlier run to take it from. Name a recording, "
         "or run 'kvoicewalk.rank(target)' first."),
        (lambda path: refused(merge_config, "walk",
                              {"walk": {"params": "classic", "only": "timbre"}}, None),
         "configuration: walk cannot be used: --only needs --params shared or pca; classic moves "
         "every number.",
         'configuration: walk cannot be used: `only` needs params="shared" or "pca"; classic moves '
         "every number."),
        (lambda path: voices.unknown_voice("zz", ("af_beryl",), "mini").message,
         "no voice 'zz' in mini. See 'kvw voices list'; --model says whose.",
         "no voice 'zz' in mini. See 'kvw voices list'; `model` says whose."),
        (lambda path: voices.recording_as_voice("a.wav").message,
         "a.wav is a recording, not a voice; to compare voices with it: kvw score VOICE -t a.wav",
         "a.wav is a recording, not a voice; to compare voices with it: "
         'kvoicewalk.score(voices, target="a.wav")'),
        (lambda path: grade_channels(SOURCE).advice,
         "choose one with --channel left or right.",
         'choose one with Target(channel="left" or "right").'),
    ],
)  # fmt: skip
def test_the_same_fault_in_both_words(message, command, python, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "file").touch()
    found = message(tmp_path)
    assert in_flags(found) == command.format(tmp_path)
    assert found == python.format(tmp_path)


def sources():
    """Yields each module outside `cli/` as its path and its tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "cli" not in path.relative_to(PACKAGE).parts:
            yield path.relative_to(PACKAGE), ast.parse(path.read_text(encoding="utf-8"))


def texts(tree):
    """Yields each text in a module that is no docstring, and its line."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            docstrings.add(node.body[0].value)
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and node not in docstrings:
            yield node.lineno, node.value


def flags_in(text):
    for whole in WHOLE_COMMANDS:
        text = text.replace(whole, "")
    return FLAG.findall(text)


@pytest.mark.parametrize(
    ("text", "has_flag"),
    [
        ("use --device cpu", True),
        ("--wav ", True),
        ("to compare: kvw score VOICE -t ", True),
        ("Run 'kvw setup --judges' again.", False),
        ("see 'kvw runs list' -- or not", False),
        ("kvw.sqlite3-wal", False),
    ],
)
def test_a_flag_is_known_when_seen(text, has_flag):
    assert bool(flags_in(text)) is has_flag


def test_no_flag_is_named_outside_of_cli():
    found = [
        f"{path}:{line}: {text!r}"
        for path, tree in sources()
        if path.as_posix() not in OTHER_PROGRAMS
        for line, text in texts(tree)
        if flags_in(text)
    ]
    assert not found, "name it as errors.Setting:\n" + "\n".join(found)


def named(kind):
    """Returns the first argument of each `Setting(…)` or `Call(…)` in the library."""
    return {
        node.args[0].value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == kind and node.args
    }


def parameters():
    """Returns the parameters of the library's functions, with the fields of its `Target`."""
    functions = [one for _, one in inspect.getmembers(api, inspect.isfunction)]
    own = {
        name
        for one in functions
        if not one.__name__.startswith("_")
        for name in inspect.signature(one).parameters
    }
    options = set(api.Options.__annotations__) | set(api.SpeechOptions.__annotations__)
    return own | options | set(api.Target.__dataclass_fields__)


def commands(group, path=()):
    """Yields each command's path and its options."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, (*path, name))
        else:
            yield " ".join((*path, name)), {opt for p in one.params for opt in p.opts}


def test_every_setting_and_call_that_is_named_is_known_to_both():
    assert named("Setting") == set(FLAGS) >= set(ARGUMENTS)
    assert named("Setting") <= parameters()
    assert named("Call") == set(COMMANDS)
    assert all(callable(getattr(api, name)) for name in COMMANDS)
    known = dict(commands(typer.main.get_command(app)))
    assert set(COMMANDS.values()) <= set(known)
    assert set(FLAGS.values()) <= set.union(*known.values())
