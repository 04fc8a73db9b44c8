"""Makes the pictures of the documentation from a real run of the demo: docs/images/*.webp, *.png.

    python3 -m pip install -e '.[semantic,test]' pillow && python3 tools/make_screenshots.py

Needs a chromium (`apt-get install -y chromium`). Only the packaged example is shown.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
EXAMPLE = ROOT / "examples/support"
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
LARGEST = 300_000  # bytes of a picture


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = Path(folder) / "support"
        _finesift("demo", "-o", str(run))
        mask = Path(folder) / "mask.html"
        _finesift("mask", "chats.jsonl", "--rows", "6", "--html", str(mask))
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS.split())
        report = run / "report.html"
        _picture(browser, report, "report", width=1180, height=1230)
        _picture(browser, report, "checks", width=1180, height=1000, at="#checks", unfold="near_duplicate")
        _picture(browser, report, "coverage", width=1180, height=900, at="#coverage")
        _picture(browser, report, "mask", width=1180, height=760, at="#masks h3")
        _picture(browser, report, "report-phone", width=390, height=844, dark=True)
        _picture(browser, report, "lengths-phone", width=390, height=844, dark=True, at="#lengths")
        _picture(browser, mask, "mask-page", width=1000, height=900)
        _review(browser, run)
        browser.close()


def _review(browser: Browser, run: Path) -> None:
    """The review page at a row beside another that it is nearly like."""
    command = [sys.executable, "-m", "finesift", "review", str(run), "--as", "anna", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = ""
        while not told.rstrip().endswith("}"):
            told += server.stdout.readline()
        for name, width, height in (("review", 1180, 900), ("review-phone", 390, 844)):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(json.loads(told)["address"])
            page.locator(".about").wait_for()
            while not page.locator(".alike").count():
                page.keyboard.press("j")
                page.wait_for_selector('body[data-pending="0"]')
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()
        server.terminate()


def _picture(
    browser: Browser,
    page_: Path,
    name: str,
    *,
    width: int,
    height: int,
    dark: bool = False,
    at: str | None = None,
    unfold: str | None = None,
) -> None:
    """What a screen of this size shows: from the top, or from an element on."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        device_scale_factor=1.5,
    )
    page.goto(page_.as_uri())
    if unfold:
        page.locator("details.check").evaluate_all("all => all.forEach(one => { one.open = false; })")
        page.locator(f"#check-{unfold} > summary").click()
    if at:
        page.locator(at).first.evaluate(
            "one => scrollTo({top: one.getBoundingClientRect().top + scrollY - 60, behavior: 'instant'})"
        )
    picture = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    file = IMAGES / f"{name}.webp"
    for quality in (90, 80, 70, 60):
        picture.save(file, quality=quality, method=6)
        if file.stat().st_size <= LARGEST:
            break
    print(f"{file.relative_to(ROOT)}: {picture.width} x {picture.height}, {file.stat().st_size:,} bytes")


def _finesift(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "finesift", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=EXAMPLE
    )


if __name__ == "__main__":
    main()
