"""The page in a real browser: no key is lost, nothing is written twice, whatever happens to tabs and server."""

import json
import random
import time
import urllib.error
import urllib.request

import pytest

from finesift import pipeline
from finesift.recipe import Recipe
from review.conftest import ATTACK, made, press, written

OUTCOMES = {"k": "keep", "s": "set_aside"}


def seen(page) -> str:
    return page.locator("body").get_attribute("data-row")


def told(page, keys, pause=0.0):
    """Presses keys; returns what the screen showed when each was pressed: {id: outcome}."""
    shown = {}
    for key in keys:
        page.wait_for_selector('body[data-row]:not([data-row=""])', timeout=20_000)
        shown[seen(page)] = OUTCOMES[key]
        press(page, key, pause)
    return shown


def test_what_the_screen_showed_is_what_the_journal_holds(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at)
    shown = told(page, "ksk" * 10, 0.05)
    written(page)
    assert len(shown) == 30
    assert server.decided() == shown
    assert page.said == []


def test_no_request_leaves_the_machine_and_a_script_in_a_row_does_nothing(run, serve, tab):
    server = serve(run, "--lot", "random")
    page = tab(server.at)
    for _ in range(70):
        page.wait_for_selector(".about")
        if ATTACK in page.locator("#row").inner_text():
            break
        press(page, "k")
    assert ATTACK in page.locator("#row").inner_text()
    for view in "23":
        press(page, view)
        page.wait_for_selector(".mask, .raw")
    assert page.locator("#row img").count() == 0
    assert page.locator("script").count() == 1
    assert page.evaluate("window.owned") is None
    assert all(url.startswith((server.at, "data:")) for url in page.asked)


def asked(at, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(at, headers=headers)) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as e:
        return e.code, dict(e.headers)


def test_nothing_is_served_without_the_token_nor_to_another_host_or_origin(looked_at):
    at = looked_at.at
    host, token = at.split("/")[2], at.split("/")[3]
    status, headers = asked(at)
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    for path in (
        "",
        "state",
        "wrong/state",
        f"{token[:-1]}/state",
        "docs",
        "openapi.json",
        f"{token}/../x/state",
    ):
        assert asked(f"http://{host}/{path}")[0] == 404, path
    assert asked(f"{at}state")[0] == 200
    assert asked(f"{at}state", Host="evil.example")[0] == 404
    assert asked(f"{at}state", Origin="http://evil.example")[0] == 403
    assert asked(f"{at}state", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert asked(f"{at}state", Origin=f"http://{host}")[0] == 200


def test_two_tabs_never_show_the_same_row(run, serve, tab):
    server = serve(run, "--as", "anna")
    one = tab(server.at)
    other = tab(server.at, context=one.context)
    shown = {}
    for n in range(12):
        page = (one, other)[n % 2]
        assert seen(page) not in shown
        shown |= told(page, "ks"[n % 2])
    written(one)
    written(other)
    assert server.decided() == shown


def test_a_reload_in_the_middle_loses_nothing_and_undo_goes_on(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at)
    shown = told(page, "kskskk")
    page.reload()
    page.wait_for_selector(".about")
    assert seen(page) not in shown
    shown |= told(page, "ss")
    last = [*shown]
    press(page, "uuu")  # two of this page, one from before
    written(page)
    page.wait_for_selector(f'body[data-row="{last[-3]}"]')
    assert server.decided() == {id_: shown[id_] for id_ in last[:-3]}
    shown |= told(page, "k")
    written(page)
    assert server.decided()[last[-3]] == "keep"


def test_a_killed_server_loses_nothing(run, serve, tab):
    kills_in_the_middle(run, serve, tab, kills=2, keys=30)


def kills_in_the_middle(run, serve, tab, *, kills, keys, pause=0.02):
    rng = random.Random(17)
    server = serve(run, "--as", "anna")
    page, shown = tab(server.at), {}
    dying = set(rng.sample(range(keys), kills))
    for n in range(keys):
        if n in dying:
            server.kill()
            address = server.at
            shown |= told(page, "k" if seen(page) else "")
            server.start()
            assert server.at == address
        shown |= told(page, rng.choice("ks"), pause)
    written(page)
    assert server.decided() == shown
    page.get_by_text(f"{len(shown)} decided", exact=True).wait_for(
        timeout=5000
    )  # asked for once all is written


def test_editing_writes_a_layer_and_the_row_keeps_its_id(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at)
    id_ = seen(page)
    press(page, "n")
    page.keyboard.type("wrong maker")
    page.keyboard.press("Enter")
    press(page, "e")
    page.keyboard.press("Control+A")
    page.keyboard.type("Mended.")
    page.keyboard.press("Control+Enter")
    written(page)
    (line,) = server.journal()
    assert (line["id"], line["outcome"], line["why"]) == (id_, "keep", "wrong maker")
    assert line["edits"] == [{"turn": 1, "content": "Mended."}]


def test_a_correction_is_applied_to_its_kind_and_undone_as_one_step(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at)
    press(page, "e")
    box = page.locator("textarea")
    box.fill(box.input_value().replace("OpenAI", "us"))
    page.get_by_role("button", name="See who else says it").click()
    page.locator("#kind li").first.wait_for()
    listed = page.locator("#kind li").count()
    assert listed > 3
    page.get_by_role("button", name=f"Correct and keep all {listed}").click()
    written(page)
    (line,) = server.journal()
    assert len(line["also"]) == listed - 1
    assert len(line["edits"]) == listed
    assert all("by us." in edit["content"] for edit in line["edits"])
    press(page, "u")
    written(page)
    assert server.decided() == {}


def alike(folder):
    """A run with three rows that say the same of three products, all for review."""
    answer = "Pull it out, rinse it with warm water and washing-up liquid, and dry it. Once a week{}"
    asked = [("Pilot", "."), ("Otter", "!"), ("Drift", "?")]
    data = folder / "alike.jsonl"
    data.write_text(
        "".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "system", "content": "You sell coffee machines. " * 30},
                        {
                            "role": "user",
                            "content": f"How do I clean the drip tray of the {name}?<noinput>\n",
                        },
                        {"role": "assistant", "content": answer.format(sign)},
                    ]
                }
            )
            + "\n"
            for name, sign in asked
        )
    )
    recipe = {"data": {"train": [str(data)]}, "split": {"test": 0.0}, "checks": {"restatement": False}}
    return pipeline.prep(Recipe.parse(recipe), folder / "run")


def test_one_of_rows_that_are_alike_is_kept_and_one_undo_takes_it_back(tmp_path, serve, tab):
    server = serve(alike(tmp_path), "--as", "anna")
    page = tab(server.at)
    first = seen(page)
    press(page, "o")
    written(page)
    assert sorted(server.decided().values()) == ["keep", "set_aside"]  # a line for the other two
    assert server.decided()[first] == "keep"
    page.get_by_text("3 decided", exact=True).wait_for(timeout=5000)
    press(page, "u")
    written(page)
    assert server.decided() == {}
    assert seen(page) == first


def test_a_phrase_in_what_is_asked_is_mended_in_every_row_that_holds_it(tmp_path, serve, tab):
    """Over several lines, and not in answers: a rule about answers would correct nothing and keep all."""
    server = serve(alike(tmp_path), "--as", "anna")
    page = tab(server.at)
    page.get_by_role("button", name="Edit message 2").click()
    box = page.locator("textarea")
    box.fill(box.input_value().replace("?<noinput>\n", "?"))
    page.get_by_role("button", name="See who else says it").click()
    page.get_by_role("button", name="Correct and keep all 3").click()
    written(page)
    (line,) = server.journal()
    assert {(edit["turn"], edit["content"][-1]) for edit in line["edits"]} == {(1, "?")}
    assert len(line["edits"]) == 3


def test_several_messages_are_corrected_as_one(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at)
    for number in (1, 2):
        page.get_by_role("button", name=f"Edit message {number}").click()
        page.locator(f'textarea[data-edits="{number - 1}"]').fill(f"Mended {number}.")
    page.keyboard.press("Control+Enter")
    written(page)
    (line,) = server.journal()
    told = [{"turn": 0, "content": "Mended 1."}, {"turn": 1, "content": "Mended 2."}]
    assert line["edits"] == told


def test_a_long_system_message_gives_way(tmp_path, serve, tab):
    page = tab(serve(alike(tmp_path), "--as", "anna").at)
    system = page.locator(".system .text")
    folded = system.bounding_box()["height"]
    press(page, "x")
    assert system.bounding_box()["height"] > folded
    press(page, "xk")
    page.get_by_role("button", name="the same as in the row before: show it").click()
    assert system.is_visible()


def test_a_blind_page_does_not_say_what_the_tool_thinks(run, serve, tab):
    page = tab(serve(run, "--blind").at)
    assert page.locator("mark, .finding, .pill.review").count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_its_screen(looked_at, tab, width):
    page = tab(looked_at.at, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_touch_decides_too(run, serve, tab):
    server = serve(run, "--as", "anna")
    page = tab(server.at, width=390, has_touch=True)
    first = seen(page)
    page.get_by_role("button", name="Set aside").tap()
    written(page)
    assert server.decided() == {first: "set_aside"}


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing(looked_at, tab, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -e '.[test]'")
    page = tab(looked_at.at, bypass_csp=True, color_scheme=scheme)  # axe is put into the page
    for look in ("", "r", "2", "3", "f"):
        press(page, look)
        time.sleep(0.2)
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.long
def test_200_decisions_at_ten_a_second(tmp_path, serve, tab):
    server = serve(made(tmp_path, 300, review={"twice": 0.0}), "--as", "anna")
    page = tab(server.at)
    # As fast as ten a second; how fast it was is the machine's affair.
    shown = told(page, "kks" * 66 + "kk", 0.09)
    written(page)
    assert len(shown) == 200
    assert server.decided() == shown


@pytest.mark.long
def test_twenty_kills(tmp_path, serve, tab):
    kills_in_the_middle(made(tmp_path, 300, review={"twice": 0.0}), serve, tab, kills=20, keys=180)
