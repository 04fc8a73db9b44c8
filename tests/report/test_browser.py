"""The report in a real browser: it opens from disk, draws, filters, fits a phone, and runs nothing that data says."""

import shutil
from itertools import pairwise

import pytest

from finesift import pipeline
from finesift.data import example_folder
from finesift.recipe import Recipe

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install -y chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
ATTACK = '<script>window.owned = 1</script><img src="x" onerror="window.owned = 2">'
WIDTHS = {"desk": 1280, "phone": 390}

# Contrast of text with what is behind it: texts that fall short of 4.5.
# Source: WCAG 2.2, "relative luminance" and success criterion 1.4.3.
PALE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const pale = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !one.checkVisibility() || one.closest("script")) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(rgb(one.closest("svg") ? style.fill : style.color)), light(behind(one))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) pale.add(`${one.className.baseVal ?? one.className} ${contrast.toFixed(2)}`);
  }
  return [...pale];
}"""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[test]'")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The example's report, with a row that attacks whoever reads it."""
    folder = tmp_path_factory.mktemp("a_folder_whose_name_is_wider_than_a_phone")
    bad = folder / "attack.csv"
    # Its answer is its question, so it is among the examples of a check that has few.
    cell = ATTACK.replace('"', '""')
    bad.write_text(f'prompt,completion\n"Look: {cell}","Look: {cell}"\n')
    recipe = Recipe.load(example_folder() / "recipe.toml")
    recipe = recipe.merge(data={"train": [*recipe.data.train, str(bad)]}, split={"test": 0.03})
    recipe = recipe.merge(checks={"restatement": {"run": False}})  # it takes the most time
    return pipeline.prep(recipe, folder / f"run {ATTACK.split('>')[0]}>").path / "report.html"


@pytest.fixture
def opened(browser, report, request):
    """The page, and what it said and asked for meanwhile. Marked with `shape`, else a desk in the light."""
    width, scheme = getattr(request, "param", ("desk", "light"))
    context = browser.new_context(viewport={"width": WIDTHS[width], "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto(report.as_uri())
    yield page
    context.close()


EVERY = pytest.mark.parametrize(
    "opened", [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], indirect=True
)


def test_it_opens_from_disk_and_asks_nobody(opened, report):
    assert opened.locator("h1").count() == 1
    assert opened.said == []
    assert opened.asked == [report.as_uri()]


def test_a_row_that_is_a_script_does_nothing(opened):
    opened.locator("details").evaluate_all("several => several.forEach(one => { one.open = true; })")
    assert ATTACK in opened.locator("#check-echoes_prompt").inner_text()
    assert opened.locator("img").count() == 0
    assert opened.locator("script").count() == 1
    assert opened.evaluate("window.owned") is None


@pytest.mark.parametrize(
    "chart, shape",
    [(".flow", ".node"), (".lengths", ".bar"), (".scores", ".bar"), (".spark", ".bar"), (".tenths", ".bar")],
)
def test_charts_are_drawn(opened, chart, shape):
    boxes = (
        opened.locator(f"svg{chart}:visible >> nth=0")
        .locator(shape)
        .evaluate_all(
            "shapes => shapes.map(shape => shape.getBoundingClientRect()).map(box => [box.width, box.height])"
        )
    )
    assert boxes
    assert all(width > 0 and height > 0 for width, height in boxes)


def shown(page):
    return page.locator(".check:visible").evaluate_all("cards => cards.map(card => card.dataset.check)")


def test_search_and_filter_by_keyboard(opened):
    every = shown(opened)
    opened.keyboard.press("/")
    opened.keyboard.type("window.owned echoes")
    assert "echoes_prompt" in shown(opened)
    assert len(shown(opened)) < len(every)
    assert opened.locator("#count").inner_text() == f"{len(shown(opened))} of {len(every)} checks"
    assert opened.locator("#check-echoes_prompt").get_attribute("open") is not None
    opened.keyboard.press("Escape")
    assert shown(opened) == every
    opened.keyboard.press("Tab")
    opened.keyboard.type("exact")
    assert shown(opened) == ["exact_duplicate"]
    opened.locator("#check").select_option("")
    opened.keyboard.press("Tab")
    opened.keyboard.press("ArrowRight")
    asides = shown(opened)
    assert "exact_duplicate" in asides
    assert "encoding_damage" in every
    assert "encoding_damage" not in asides


@EVERY
def test_it_can_be_read(opened):
    opened.locator("details").evaluate_all("several => several.forEach(one => { one.open = true; })")
    assert opened.evaluate(PALE) == []


@pytest.mark.parametrize("letters", ["0", "0.06em"])  # other machines' fonts are wider
@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_it_fits_its_screen(opened, width, letters):
    opened.set_viewport_size({"width": width, "height": 844})
    opened.add_style_tag(content=f"* {{ letter-spacing: {letters} }}")
    opened.locator("details").evaluate_all("several => several.forEach(one => { one.open = true; })")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_headings_are_in_order_and_pictures_have_names(opened):
    levels = opened.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert opened.locator("svg:not([aria-label])").count() == 0
    assert opened.locator("input:not([id]):not(label *), select:not(label *)").count() == 0
    targets = opened.locator("a").evaluate_all(
        "links => links.map(link => link.getAttribute('href').slice(1))"
    )
    assert all(opened.locator(f"[id='{target}']").count() == 1 for target in targets)


def test_on_paper_everything_is_open(opened):
    opened.emulate_media(media="print")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.locator("details:not([open])").count() == 0
    assert opened.locator("nav").is_hidden()
