"""Time to first paint and until the page is ready, on a first visit."""

import statistics
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from scripts.find_browser import find_browser
from tests.support.live_server import live_server
from tests.support.page import SIZES, open_playground

TITLE = "Opening the page"
HEADER = ("what", "first paint: median (least … most)", "needed", "ready to play: median")
TEXT = """\
Nine first visits each, nothing cached, from the click on the address; milliseconds as the browser itself tells them.
Server and browser are on the same machine and share its processors. "Ready" is when the server has said that the
session is open."""

_VISITS = 9
_MOST = 300


def rows() -> Iterator[tuple[str, ...]]:
    path = find_browser()
    with live_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        visit(browser, server.url, "wide", "en-US")  # the browser's own first page
        for size, (width, height) in SIZES.items():
            for language in ("en-US", "zh-CN"):
                visits = [visit(browser, server.url, size, language) for _ in range(_VISITS)]
                yield row(f"{width}×{height}, {language}", *zip(*visits, strict=True))
        browser.close()


def visit(browser: Browser, url: str, size: str, language: str) -> tuple[float, float]:
    """Return the times of the first paint and of the opened session, in milliseconds."""
    script = """
      new MutationObserver((_, observer) => {
        if (document.documentElement.dataset.connection !== 'open') return;
        globalThis.readyAt = performance.now();
        observer.disconnect();
      }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-connection'] });
    """
    page = open_playground(browser, url, size, touch=size == "phone", language=language, script=script)
    paint, ready = page.page.evaluate("[performance.getEntriesByType('paint')[0].startTime, readyAt]")
    page.page.context.close()
    return paint, ready


def row(what: str, paints: tuple[float, ...], ready: tuple[float, ...]) -> tuple[str, ...]:
    median = statistics.median(paints)
    return (
        what,
        f"{median:.0f} ({min(paints):.0f} … {max(paints):.0f})",
        f"< {_MOST}: {'yes' if median < _MOST else 'NO'}",
        f"{statistics.median(ready):.0f}",
    )
