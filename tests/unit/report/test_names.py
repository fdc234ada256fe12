"""What stays of paths in a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.report.names import config_names, data_names, names_only


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/homes/Jane Doe/my voice.pt", "my voice.pt"),
        (
            "not there: /homes/Jane Doe/wavlm holds no config.json",
            "not there: wavlm holds no config.json",
        ),
        ("/homes/jane/runs/ is gone", "runs/ is gone"),
        ("/homes/O'Neil, Jane (old)/a.wav and /homes/b.wav differ", "a.wav and b.wav differ"),
        ("/homes/a.pt:0.5,/homes/b.pt:0.5", "a.pt:0.5,b.pt:0.5"),
        ("kvw speak '/homes/Jane Doe/best.pt' --out=/homes/x", "kvw speak 'best.pt' --out=x"),
        ('"~/voices/a.pt" ~jane/b.pt', '"a.pt" b.pt'),
        (r"C:\Users\Jane Doe\a.wav: denied", "a.wav: denied"),
        (r"\\server\jane\a.wav", "a.wav"),
        ("C:/Users/jane/a.wav", "a.wav"),
        ("//server/jane/a.wav", "a.wav"),
    ],
)
def test_only_the_last_part_of_a_path_stays(text, shown):
    assert names_only(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Either/or, 24/7 and 1/2.",
        "See https://example.org/a/b.",
        "/r/ is a sound",
        "</script><script>alert(1)</script>",
        "a / b / c",
        "step-000042.wav",
        "",
    ],
)
def test_other_words_stay_as_they_are(text):
    assert names_only(text) == text


def test_a_home_folder_has_no_name(monkeypatch):
    monkeypatch.setenv("HOME", "/homes/jane")
    monkeypatch.setenv("USERPROFILE", "/homes/jane")
    assert names_only("kept in /homes/jane") == "kept in ~"
    assert names_only("/homes/jane/a/b.wav and /homes/jane/c") == "b.wav and c"
    monkeypatch.setenv("HOME", "/")
    assert names_only("either/or") == "either/or"


def test_a_config_keeps_names_texts_and_numbers():
    config = {
        "target": {"paths": ["/homes/jane/a: b/c.wav", "../jane/d.wav"], "text": "Either/or."},
        "walk": {"start": "mine/a.pt:0.5,af_one:0.5", "n_steps": 3, "minutes": None},
    }
    assert config_names(config) == {
        "target": {"paths": ["c.wav", "d.wav"], "text": "Either/or."},
        "walk": {"start": "a.pt:0.5,af_one:0.5", "n_steps": 3, "minutes": None},
    }


def test_data_of_any_depth_are_read():
    deep = "/homes/jane/a.wav"
    for _ in range(900):
        deep = [deep]
    assert data_names({"deep": deep})["deep"][0][0]
    assert data_names({"result": [{"path": "/homes/jane/a.wav"}, 1, None]}) == {
        "result": [{"path": "a.wav"}, 1, None]
    }


folders = st.lists(
    st.text(st.characters(categories=("L", "N"), include_characters=" '-_&+()"), min_size=1)
    .map(str.strip)
    .filter(lambda name: name and name[-1] not in "("),
    min_size=1,
    max_size=4,
)


@given(folders, st.sampled_from(["", "not there: ", "a (", "see "]))
def test_no_folder_is_left_whatever_its_name(names, before):
    path = "/".join(["", *names, "file.wav"])
    assert names_only(f"{before}{path} is no sound") == f"{before}file.wav is no sound"
