"""The listening page in a browser: keys, players, blind test, votes, themes, widths, access."""

import json
import shutil

import pytest

from kvoicewalk.report import page as pages
from kvoicewalk.store import RunStore
from tests.pages import HOSTILE, held_out, make_clone, parts

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

ARGUMENTS = ("--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio")
PLAYING = "[...document.querySelectorAll('audio')].filter(a => !a.paused).map(a => a.dataset.key)"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of a whole run, one of hostile words, and one that compares both."""
    out_dir = tmp_path_factory.mktemp("out")
    best = {"name": HOSTILE, **parts(95, 0.9)}
    judges = [
        {"label": HOSTILE, "value": None, "note": "not installed"},
        {"label": "Judge", "value": 0.8, "floor": 0.6, "target": 0.9, "note": "its own scale"},
    ]
    records = [
        make_clone(out_dir),
        make_clone(
            out_dir,
            HOSTILE,
            best=best,
            held_out=held_out(verdict=HOSTILE, judges=judges),
            floor="am_four",
        ),
    ]
    with RunStore.open(out_dir) as store:
        paths = [pages.write_run_page(store, record) for record in records]
        paths.append(pages.write_comparison(store, records))
    return dict(zip(("whole", "hostile", "compared"), paths, strict=True))


@pytest.fixture
def visit(browser):
    """Opens a page; at the end it has told no errors and asked for nothing from elsewhere."""
    trouble, contexts = [], []

    def opened(path, width=1280, height=900, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else 0
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith(("file:", "data:", "blob:")) else trouble.append(r.url)
            ),
        )
        page.goto(path.as_uri())
        until(page, "[...document.querySelectorAll('audio')].every(a => a.duration)")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []


def until(page, condition):
    """Waits for a condition; in one evaluation, because the policy lets no text become code."""
    page.evaluate(
        "() => new Promise((done, late) => { const end = performance.now() + 10000;"
        f" const look = () => ({condition}) ? done() : performance.now() > end ? late('too late')"
        " : setTimeout(look, 20); look(); })"
    )


def titles(page):
    return page.locator("#cards h3").all_inner_texts()


def test_keys_play_one_at_a_time(visit, written):
    page = visit(written["whole"])
    page.keyboard.press("1")
    until(page, "document.querySelector('[data-key=target] audio').currentTime > 0.1")
    page.keyboard.press("2")
    until(page, f"{PLAYING}.join() === 'best'")
    until(page, "document.querySelector('#cards [data-key=best] audio').currentTime > 0.3")
    # The other voice goes on where this one was.
    page.keyboard.press("x")
    until(page, f"{PLAYING}.join() === 'floor'")
    assert page.evaluate("document.querySelector('[data-key=floor] audio').currentTime") > 0.25
    page.keyboard.press("Space")
    until(page, f"{PLAYING}.length === 0")
    page.keyboard.press("Space")
    until(page, f"{PLAYING}.join() === 'floor'")


def test_all_can_be_reached_with_the_tab_key_alone(visit, written):
    page = visit(written["whole"])
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(
            "(() => { const e = document.activeElement; return e.dataset.play"
            " ? `play ${e.dataset.play}` : e.dataset.vote"
            " ? `vote ${e.dataset.vote}` : e.id || e.tagName })()"
        ))  # fmt: skip
    wanted = {"theme", "blind", "help", "play target", "play best", "play floor", "play step12"}
    assert wanted | {"vote best", "vote floor", "vote same", "SUMMARY"} <= reached
    page.locator("[data-play=best]").focus()
    page.keyboard.press("Enter")
    until(page, f"{PLAYING}.join() === 'best'")
    page.locator("[data-key=best] .seek").focus()
    page.keyboard.press("End")
    until(page, f"{PLAYING}.length === 0")


def test_single_keys_can_be_switched_off(visit, written):
    page = visit(written["whole"])
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("1")
    assert page.evaluate(PLAYING) == []


def test_the_timeline_plays_too(visit, written):
    page = visit(written["whole"])
    page.locator("[data-play=step4]").click()
    until(page, f"{PLAYING}.join() === 'step4'")
    assert page.locator("[data-play=step4]").get_attribute("aria-label") == "Pause step 4"


def test_a_blind_test_hides_the_order_until_it_is_revealed(visit, written):
    page = visit(written["whole"])
    orders = set()
    page.keyboard.press("b")
    for _ in range(12):
        assert titles(page) == ["The recording", "Voice A", "Voice B"]
        shown = page.locator("#listen").inner_text() + " ".join(
            page.locator("#cards")
            .get_by_role("button")
            .evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        )
        assert "new voice" not in shown
        assert "am_five" not in shown
        kinds = page.locator("#cards > li").evaluate_all("all => all.map(one => one.dataset.kind)")
        assert kinds == ["target", "blind", "blind"]
        page.keyboard.press("r")
        orders.add(tuple(titles(page)))
        page.keyboard.press("n")
    assert orders == {
        ("The recording", "The new voice", "The best stock voice"),
        ("The recording", "The best stock voice", "The new voice"),
    }
    page.keyboard.press("b")
    assert titles(page) == ["The recording", "The new voice", "The best stock voice"]


def test_votes_are_saved_as_json(visit, written):
    page = visit(written["whole"])
    assert page.locator("#save").is_disabled()
    page.keyboard.press("v")
    assert page.locator("#said").inner_text() == "Listen to a voice first."
    page.keyboard.press("b")
    page.keyboard.press("3")
    until(page, f"{PLAYING}.length === 1")
    (heard,) = page.evaluate(PLAYING)
    page.keyboard.press("v")
    assert "You chose voice B." in page.locator("#said").inner_text()
    assert "Voice A" not in titles(page)
    page.get_by_role("button", name="No difference").click()
    with page.expect_download() as downloading:
        page.keyboard.press("s")
    saved = json.loads(downloading.value.path().read_text())
    run_id = written["whole"].parent.name
    assert downloading.value.suggested_filename == f"kvw-vote-{run_id}.json"
    assert (saved["kind"], saved["version"], saved["runs"]) == ("kvw-vote", 1, [run_id])
    assert saved["voices"] == {"best": "best of all", "floor": "am_five"}
    first, second = saved["votes"]
    assert (first["choice"], first["is_blind"], first["round"]) == (heard, True, 1)
    assert first["order"][1] == heard
    assert (second["choice"], second["is_blind"]) == ("same", False)


def test_the_theme_follows_the_system_and_the_choice(visit, written):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit(written["whole"])
    dark = visit(written["whole"], scheme="dark")
    colours = light.evaluate(ground), dark.evaluate(ground)
    assert colours[0] != colours[1]
    light.keyboard.press("d")
    assert light.evaluate(ground) == colours[1]
    dark.locator("#theme").click()
    assert dark.evaluate(ground) == colours[0]


@pytest.mark.parametrize("name", ["whole", "hostile", "compared"])
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_runs_off_the_screen(visit, written, name, width):
    page = visit(written[name], width=width)
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("b")
        page.keyboard.press("?")


def test_the_first_screen_is_verdict_and_players(visit, written):
    for width, height in ((1280, 800), (375, 812)):
        page = visit(written["whole"], width=width, height=height)
        for place in ("h1", "[data-play=target]", "[data-play=best]", "[data-play=floor]"):
            box = page.locator(place).first.bounding_box()
            assert box["y"] + box["height"] <= height


def test_hostile_words_stay_text(visit, written):
    for name in ("hostile", "compared"):
        page = visit(written[name])
        assert page.locator("img").count() == 0
        assert page.evaluate("document.scripts.length") == 2
        assert page.locator("body").inner_text().count("<script>alert(1)</script>") >= 2


@pytest.mark.parametrize("name", ["whole", "hostile", "compared"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, written, name, scheme):
    axe_core = pytest.importorskip("axe_playwright_python.sync_playwright")
    # The tool is let past the page's own policy.
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(written[name].as_uri())
    if name == "whole":
        page.keyboard.press("b")
        page.keyboard.press("?")
    found = axe_core.Axe().run(page).response["violations"]
    context.close()
    serious = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_without_script_the_browsers_own_players_are_there(browser, written):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written["whole"].as_uri())
    assert page.locator("#cards audio").first.is_visible()
    assert not page.locator("#blind").is_visible()
    context.close()
