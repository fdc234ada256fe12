"""Messages of parts: what they read like in Python, what a program reads, how they travel."""

import copy
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from kvoicewalk import errors
from kvoicewalk.config_file import merge_config
from kvoicewalk.errors import Call, ConfigError, Key, KvwError, Message, Setting, StoreError

NO_DEVICE = (Setting("device", "cuda"), ": none here. Use ", Setting("device", "cpu"), ".")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Setting("out_dir"), "`out_dir`"),
        (Setting("device", "cpu"), 'device="cpu"'),
        (Setting("wav_path", Path("a.mp3")), 'wav_path="a.mp3"'),
        (Setting("n_threads", 2), "n_threads=2"),
        (Setting("method", "random", "cma"), 'method="random" or "cma"'),
        (Setting("words"), "Target(words=…)"),
        (Setting("is_transcribed", True), "Target(is_transcribed=True)"),
        (Setting("channel", "left", "right"), 'Target(channel="left" or "right")'),
        (Key("walk.minutes"), "walk.minutes"),
        (Call("resume"), "kvoicewalk.resume(…)"),
        (Call("rank", Setting("target")), "kvoicewalk.rank(target)"),
        (Call("score", Setting("voices"), Setting("target", "a.wav")),
         'kvoicewalk.score(voices, target="a.wav")'),
    ],
)  # fmt: skip
def test_a_part_reads_as_it_is_written_in_python(part, words):
    assert str(part) == words
    assert Message("so: ", part, ".") == f"so: {words}."


def test_an_error_says_its_message_and_which_settings_it_is_about():
    error = ConfigError(*NO_DEVICE)
    assert str(error) == error.message == 'device="cuda": none here. Use device="cpu".'
    assert error.settings == ("device",)
    assert StoreError("plain").settings == ()
    assert str(StoreError()) == ""
    assert KvwError("a ", Key("walk"), Setting("only"), Call("walk")).settings == ("walk", "only")


def test_messages_and_errors_in_a_message_keep_their_parts():
    inner = ConfigError(*NO_DEVICE)
    outer = StoreError("left out: ", inner, Message(" See ", Setting("out_dir"), "."))
    assert str(outer) == f"left out: {inner} See `out_dir`."
    assert outer.settings == ("device", "out_dir")
    assert outer.args[1:5] == NO_DEVICE


@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_errors_and_messages_can_be_copied_and_pickled(travel):
    error = ConfigError(*NO_DEVICE)
    again = travel(error)
    assert type(again) is ConfigError
    assert (str(again), again.settings) == (str(error), error.settings)
    message = travel(error.message)
    assert (type(message), message) == (Message, error.message)
    assert [type(part) for part in message.parts] == [type(part) for part in error.args]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle_carries_an_error(protocol):
    error = pickle.loads(pickle.dumps(ConfigError(*NO_DEVICE), protocol))
    assert error.settings == ("device",)


def refuse():
    raise ConfigError(*NO_DEVICE)


def test_an_error_crosses_processes():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(refuse).exception()
    assert isinstance(found, ConfigError)
    assert (str(found), found.settings) == (str(ConfigError(*NO_DEVICE)), ("device",))


def test_a_message_is_a_text_like_any_other():
    message = Message("choose another with ", Setting("out_dir"), ".")
    assert json.loads(json.dumps([message])) == ["choose another with `out_dir`."]
    assert f"{message}" == "choose another with `out_dir`."


def test_every_error_is_in_the_tree_of_the_docstring():
    kinds = {name for name in vars(errors) if name.endswith("Error")}
    assert len(kinds) == 8
    for name in kinds:
        assert name in errors.__doc__


@pytest.mark.parametrize(
    ("walk", "words", "settings"),
    [
        ({"minutes": -1.0}, "configuration: walk.minutes = -1.0 cannot be used", ("walk.minutes",)),
        ({"params": "classic", "only": "timbre"},
         'configuration: walk cannot be used: `only` needs params="shared" or "pca"; classic moves '
         "every number.", ("walk", "only", "params")),
        ({"params": "classic", "method": "cma"},
         'configuration: walk cannot be used: params="classic" goes with method="random", not cma.',
         ("walk", "params", "method")),
    ],
)  # fmt: skip
def test_a_configuration_names_its_keys(walk, words, settings):
    with pytest.raises(ConfigError) as caught:
        merge_config("walk", {"walk": walk}, None)
    assert str(caught.value).startswith(words)
    assert caught.value.settings == settings
