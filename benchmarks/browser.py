"""Engine, server and a real page on one machine: epochs and pictures per second."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from scripts.find_browser import find_browser
from tests.support.live_server import live_server
from tests.support.page import Playground, open_playground

TITLE = "In the browser"
HEADER = ("what", "epochs per second", "needed", "original", "ratio", "pictures per second", "needed")
TEXT = """\
The page at 1400×900 in headless Chromium with software drawing, server and browser on the same machine, "full speed".
Epochs are those that the page counts, pictures those that it has drawn, over five seconds; the median of
three windows. The original's figures were measured on the same kind of machine: it trains once per picture. All of them
depend on the machine, and on what else it does; the page asks for 20 pictures a second."""

_SECONDS = 5
_LATE_EPOCH = 20_000


def rows() -> Iterator[tuple[str, ...]]:
    with playground() as page:
        yield row("default network, from the start", *measured(page), 600, 60)
        page.until(lambda: page.epoch > _LATE_EPOCH, f"epoch {_LATE_EPOCH}")
        yield row(f"default network, after {_LATE_EPOCH:,} epochs", *measured(page), 600, 29)
    with playground() as page:
        spiral(page)
        yield row("spiral, 8-8-8, seven features, from the start", *measured(page), 400, 25)
        page.until(lambda: page.epoch > _LATE_EPOCH, f"epoch {_LATE_EPOCH}")
        yield row(f"spiral, 8-8-8, after {_LATE_EPOCH:,} epochs", *measured(page), 400, None)


@contextmanager
def playground() -> Iterator[Playground]:
    path = find_browser()
    with live_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        page = open_playground(browser, server.url)
        page["#speed"].select_option(index=page["#speed option"].count() - 1)
        yield page
        browser.close()


def spiral(page: Playground) -> None:
    page['input[name="dataset"][value="spiral"]'].check(force=True)
    for box in page[".feature__box"].all():
        box.check(force=True)
    page["#add-layer"].click()
    for layer, units in enumerate((4, 6, 6)):
        for _ in range(units):
            page.page.get_by_role("button", name=f"Add a unit to layer {layer + 1}").click()
    page.until(lambda: page.hidden_units().count() == 24, "24 hidden units")
    page.settle()


def measured(page: Playground) -> tuple[float, float]:
    """Start training on a page, and return its epochs and pictures per second."""
    if page["html"].get_attribute("data-playing") != "true":
        page.play()
    epochs, pictures = [], []
    page.page.wait_for_timeout(1000)  # warm-up
    for _ in range(3):
        before = counted(page)
        page.page.wait_for_timeout(_SECONDS * 1000)
        after = counted(page)
        seconds = (after[0] - before[0]) / 1000
        epochs.append((after[1] - before[1]) / seconds)
        pictures.append((after[2] - before[2]) / seconds)
    return statistics.median(epochs), statistics.median(pictures)


def counted(page: Playground) -> list[float]:
    found: list[float] = page.page.evaluate(
        """() => [
          performance.now(),
          Number(document.querySelector('#epoch').dataset.value),
          Number(document.documentElement.dataset.frames),
        ]"""
    )
    return found


def row(what: str, epochs: float, pictures: float, needed: int, original: int | None) -> tuple[str, ...]:
    return (
        what,
        f"{epochs:,.0f}",
        f"≥ {needed}: {'yes' if epochs >= needed else 'NO'}",
        *(("–", "–") if original is None else (str(original), f"{epochs / original:.0f}")),
        f"{pictures:.1f}",
        f"≥ 15: {'yes' if pictures >= 15 else 'NO'}",
    )
