"""Config: flag > file > default; what is dumped runs again; errors name what is valid."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk import config_file
from kvoicewalk.config import CONFIG_VERSION, RunConfig
from kvoicewalk.config_file import (
    UPGRADES,
    dump_config,
    load_config,
    merge_config,
    upgrade_config,
)
from kvoicewalk.environment import prepare_process, read_environment
from kvoicewalk.errors import ConfigError
from kvoicewalk.texts import texts_of


def test_flag_beats_file_beats_default():
    file = {"synth": {"seed": 7, "speed": 2.0}, "model": {"name": "mini"}}
    config = merge_config("rank", {"synth": {"seed": 9, "speed": None}}, file)
    assert (config.synth.seed, config.synth.speed, config.model.name) == (9, 2.0, "mini")
    assert config.score.scoring == "scaled"


def test_the_command_that_runs_wins_over_the_files():
    assert merge_config("score", {}, {"command": "rank"}).command == "score"


@given(
    seed=st.integers(0, 2**31 - 1),
    scoring=st.sampled_from(["scaled", "classic"]),
    text=st.text(min_size=1).filter(lambda t: t.strip()),
    threads=st.none() | st.integers(1, 64),
)
def test_a_dumped_config_reloads_equal(seed, scoring, text, threads):
    flags = {
        "synth": {"seed": seed},
        "score": {"scoring": scoring},
        "target": {"text": text, "paths": ["a.wav"]},
        "model": {"n_threads": threads},
    }
    config = merge_config("rank", flags, None)
    dumped = json.loads(json.dumps(dump_config(config)))
    assert merge_config("rank", {}, dumped) == config


def test_an_unknown_key_lists_the_valid_ones():
    with pytest.raises(
        ConfigError, match=r"unknown key 'model.nam'.*device, n_threads, n_together, name"
    ):
        merge_config("rank", {}, {"model": {"nam": "mini"}})


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"synth": {"seed": -1}}, "synth.seed = -1"),
        ({"synth": {"lang": "q"}}, "synth.lang"),
        ({"synth": {"speed": 0}}, "synth.speed"),
        ({"score": {"scoring": "best"}}, "score.scoring"),
        ({"score": {"weights": [0, 0, 0]}}, "one is more"),
        ({"target": {"text": "  "}}, "at least one word"),
        ({"model": {"device": "tpu"}}, "model.device"),
    ],
)
def test_a_value_out_of_range_is_named(flags, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        merge_config("rank", flags, None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_bad_file_is_refused(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.json"):
        load_config(path)


RUNS_OF_0_1_0 = Path(__file__).resolve().parents[1] / "data" / "runs-0.1.0"
# Keys that came later, with the defaults of today.
SINCE_0_1_0 = (
    ("rank", "n_known_heard"),
    ("gradient", "encoder_shares"),
    ("walk", "led_loss"),
    ("gradient", "precision"),
    ("gradient", "is_balanced"),
    ("gradient", "is_confirmed"),
    ("gradient", "batch_size"),
    ("model", "n_together"),
    ("walk", "batch_size"),
    ("walk", "n_islands"),
    ("walk", "migrate_every"),
)


@pytest.mark.parametrize(
    "path", sorted(RUNS_OF_0_1_0.glob("*/config.json")), ids=lambda p: p.parent.name
)
def test_the_config_of_a_run_of_version_0_1_0_means_the_same(path):
    old = json.loads(path.read_text(encoding="utf-8"))
    assert "version" not in old
    config = merge_config(old["command"], {}, load_config(path))
    wanted = {**old, "version": CONFIG_VERSION}
    wanted["target"] = {**old["target"], "texts_lang": None}
    wanted["score"] = {**old["score"], "encoders": ["resemblyzer"]}
    today = dump_config(RunConfig(command="walk"))
    for section, key in SINCE_0_1_0:
        assert key not in old[section]
        wanted[section] = {**wanted[section], key: today[section][key]}
    wanted |= {"speak": today["speak"], "workers": today["workers"]}
    wanted["gradient"] |= {"precision": "float32", "is_confirmed": True}
    assert dump_config(config) == wanted


@pytest.mark.parametrize("version", [None, 1])
def test_up_to_version_1_resemblyzer_led_alone(version):
    """A run says its command; a file by hand does not, and takes today's default."""
    said = {"command": "walk"} if version is None else {"command": "walk", "version": version}

    def encoders_of(**sections):
        return merge_config(
            "walk", {}, upgrade_config({**said, **sections}, "a run")
        ).score.encoders

    assert upgrade_config({"score": {}}, "by hand")["score"] == {}
    assert encoders_of(score={"scoring": "scaled"}) == ("resemblyzer",)
    assert encoders_of(score={}) == ("resemblyzer",)
    assert encoders_of(score={"encoders": ["campplus"]}) == ("campplus",)
    assert encoders_of() is None
    with pytest.raises(ConfigError, match="score"):
        encoders_of(score=["scaled"])


def test_version_2_names_its_encoders_or_takes_all_that_are_there():
    def encoders_of(score):
        data = upgrade_config({"version": 2, "score": score}, "a run")
        return merge_config("walk", {}, data).score.encoders

    assert encoders_of({"scoring": "scaled"}) is None
    assert encoders_of({"encoders": None}) is None
    assert encoders_of({"encoders": ["resemblyzer", "campplus"]}) == ("resemblyzer", "campplus")
    for wrong in ([], ["wavlm"], "resemblyzer"):
        with pytest.raises(ConfigError, match=r"score\.encoders"):
            encoders_of({"encoders": wrong})


def test_a_dumped_config_says_its_version_and_needs_no_step():
    dumped = dump_config(merge_config("walk", {"target": {"text": "My text."}}, None))
    assert dumped["version"] == CONFIG_VERSION == len(UPGRADES)
    assert upgrade_config(dumped, "a run") == dumped
    assert dumped["target"]["words"] is None


def test_the_text_of_a_config_without_a_version_is_the_words_too(tmp_path):
    """Unless it is the sentence that those versions spoke by default."""
    path = tmp_path / "config.json"

    def words_of(target):
        path.write_text(json.dumps({"target": target}))
        config = merge_config("walk", {}, load_config(path))
        return config.target.words, config.target.text, config.target.is_text_open

    assert words_of({"text": "My words."}) == ("My words.", "My words.", False)
    assert words_of({"text": "Mine.", "words": None}) == (None, "Mine.", False)
    assert words_of({"words": "Mine."}) == ("Mine.", "Mine.", True)
    default = (
        "Before the sun came up, the baker had already carried two heavy sacks of flour through "
        "the yard, lit the great oven, and begun to whistle the same cheerful tune that the whole "
        "village knew by heart."
    )
    assert words_of({"text": default}) == (None, default, False)


@pytest.mark.parametrize("target", [[1], "text", None, {"text": 5}])
def test_a_section_of_the_wrong_type_passes_the_steps_and_is_named(target):
    with pytest.raises(ConfigError, match="target"):
        merge_config("walk", {}, upgrade_config({"target": target}, "a run"))


def test_each_step_is_taken_once_and_in_order(monkeypatch):
    def renamed(data):
        return {**{k: v for k, v in data.items() if k != "speed"}, "pace": data.get("speed")}

    def doubled(data):
        return {**data, "pace": 2 * data["pace"]}

    monkeypatch.setattr(config_file, "UPGRADES", (renamed, doubled))
    monkeypatch.setattr(config_file, "CONFIG_VERSION", 2)
    old = {"speed": 3}
    assert upgrade_config(old, "a run") == {"version": 2, "pace": 6}
    assert upgrade_config({"version": 1, "pace": 3}, "a run") == {"version": 2, "pace": 6}
    assert upgrade_config({"version": 2, "pace": 3}, "a run") == {"version": 2, "pace": 3}
    assert old == {"speed": 3}


def test_a_newer_config_is_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"version": CONFIG_VERSION + 1, "walk": {"of_tomorrow": 1}}))
    with pytest.raises(
        ConfigError, match=rf"config\.json has version {CONFIG_VERSION + 1}, .*update kvw"
    ) as caught:
        load_config(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [None, True, "1", 1.0, -1, [1], "x" * 1000])
def test_a_version_that_is_no_number_is_named(version):
    with pytest.raises(ConfigError, match="a run: version = ") as caught:
        upgrade_config({"version": version}, "a run")
    assert len(str(caught.value)) < 150


def test_a_missing_or_huge_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    huge.write_bytes(b" " * 1_000_001)
    with pytest.raises(ConfigError, match="too large"):
        load_config(huge)


def test_environment_is_read_here(monkeypatch, tmp_path):
    monkeypatch.setenv("KVW_MODEL", "mini")
    monkeypatch.setenv("KVW_DEBUG", "1")
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("KVW_SPACY_MODEL", "some/folder")
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", "~/campplus")
    environment = read_environment()
    assert environment.campplus_dir == Path.home() / "campplus"
    assert environment.model == "mini"
    assert environment.spacy_model == "some/folder"
    assert environment.is_debug
    assert environment.cache_dir == tmp_path


def test_cache_bounds_do_not_override_the_users(monkeypatch):
    monkeypatch.setenv("LRU_CACHE_CAPACITY", "7")
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    prepare_process()
    import os

    assert os.environ["LRU_CACHE_CAPACITY"] == "7"
    assert int(os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]) > 0


@pytest.mark.parametrize("section", [[1], "text", 5, True])
def test_a_section_of_the_wrong_type_is_named(section):
    with pytest.raises(ConfigError, match=r"walk = .* cannot be used"):
        merge_config("walk", {"walk": {"n_steps": 2}}, {"walk": section})


def test_a_flag_for_other_params_takes_their_defaults_over_a_dumped_config():
    shared, classic = (
        dump_config(merge_config("walk", {"walk": {"params": params}}, None))
        for params in ("shared", "classic")
    )
    for file, params in ((shared, "classic"), (classic, "shared")):
        flags = {"walk": {"params": params}}
        assert merge_config("walk", flags, file) == merge_config("walk", flags, None)
    own = {"walk": {"params": "shared", "n_seeds": 5}}
    assert merge_config("walk", {"walk": {"params": "shared"}}, own).walk.n_seeds == 5


def spoken(config):
    return config.target.text, config.target.probe_text, config.rank.screening_text


def default_texts(lang):
    found = texts_of(lang)
    return found.target, found.probe, found.screening


@pytest.mark.parametrize("lang", ["a", "b", "e", "j"])
def test_a_language_brings_its_texts(lang):
    config = merge_config("walk", {"synth": {"lang": lang}}, None)
    assert spoken(config) == default_texts(lang)
    assert config.texts is texts_of(lang)
    assert merge_config("walk", {}, json.loads(json.dumps(dump_config(config)))) == config


def test_without_a_language_it_is_english():
    config = merge_config("walk", {}, None)
    assert spoken(config) == spoken(RunConfig(command="walk")) == default_texts("a")
    same = {"synth": {"lang": "a"}}
    assert merge_config("walk", same, None).model_copy(update={"synth": config.synth}) == config


def test_what_is_given_is_spoken_in_any_language():
    synth, target = {"lang": "e"}, {"words": "Mis propias palabras."}
    config = merge_config("walk", {"synth": synth, "target": target}, None)
    assert spoken(config) == ("Mis propias palabras.", *default_texts("e")[1:])
    file = {"target": {"text": "Uno.", "probe_text": "Dos."}, "rank": {"screening_text": "Tres."}}
    assert spoken(merge_config("walk", {"synth": synth}, file)) == ("Uno.", "Dos.", "Tres.")


def test_a_flag_for_another_language_takes_its_texts_over_a_dumped_config():
    file = dump_config(merge_config("walk", {"synth": {"lang": "e"}}, None))
    flags = {"synth": {"lang": "i"}}
    assert merge_config("walk", flags, file) == merge_config("walk", flags, None)
    assert spoken(merge_config("walk", {"synth": {"lang": "e"}}, file)) == default_texts("e")
    file["target"]["text"] = "Mine."
    assert spoken(merge_config("walk", flags, file)) == ("Mine.", *default_texts("i")[1:])


@pytest.mark.parametrize("version", [None, 1])
def test_a_run_of_before_goes_on_with_the_english_texts_that_it_spoke(version):
    old = dump_config(merge_config("walk", {}, None))
    del old["target"]["texts_lang"]
    old["synth"]["lang"] = "e"
    old["version"] = version
    if version is None:
        del old["version"]
    config = merge_config("walk", {}, upgrade_config(old, "a run"))
    assert (config.synth.lang, config.target.texts_lang) == ("e", "a")
    assert spoken(config) == default_texts("a")
    assert config.texts is texts_of("a")
    # So do those that go on from it on another model, which drops its ranking.
    dumped = dump_config(config)
    del dumped["rank"]
    assert spoken(merge_config("walk", {}, dumped)) == default_texts("a")
    # Asked for another language, it takes that one's.
    other = merge_config("walk", {"synth": {"lang": "f"}}, dump_config(config))
    assert spoken(other) == default_texts("f")
    assert other.target.texts_lang is None


def test_a_hand_written_config_takes_the_texts_of_its_language():
    file = upgrade_config({"synth": {"lang": "e"}, "target": {"paths": ["a.wav"]}}, "a file")
    assert spoken(merge_config("walk", {}, file)) == default_texts("e")


@pytest.mark.parametrize("lang", [[1], {}, 5, "ab", "q"])
def test_a_language_that_is_none_is_named(lang):
    for file in ({"synth": {"lang": lang}}, {"target": {"texts_lang": lang}}):
        old = {**file, "command": "walk"}
        with pytest.raises(ConfigError, match="lang"):
            merge_config("walk", {}, upgrade_config(old, "a run"))
        if "target" in file:
            with pytest.raises(ConfigError, match="lang"):
                merge_config("walk", {"synth": {"lang": "e"}}, old)


@pytest.mark.parametrize("minutes", [float("inf"), float("nan"), 0.0])
def test_minutes_are_a_number_above_zero(minutes):
    with pytest.raises(ConfigError, match="minutes"):
        merge_config("walk", {"walk": {"minutes": minutes}}, None)
