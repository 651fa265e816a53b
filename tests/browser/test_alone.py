"""Nothing outside is asked for anything, and nothing outside is needed (guarantee 44)."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.find_browser import find_browser
from tests.support.live_server import LiveServer
from tests.support.page import SIZES, Playground


@pytest.fixture(scope="module")
def cut_off() -> Iterator[Browser]:
    """A browser for which no name leads anywhere, as in a room without the internet."""
    path = find_browser()
    assert path is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-gpu",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_whole_visit_without_a_world_outside_asks_this_server_only(
    cut_off: Browser, server: LiveServer, size: str
) -> None:
    width, height = SIZES[size]
    context = cut_off.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(socket.url))
    playground = Playground(page, server.url).open()

    playground["#play"].click()
    playground.until(lambda: playground.epoch > 5, "some epochs")
    for dialog in ("help", "share", "export"):
        page.evaluate("(action) => document.querySelector(`[data-action=${action}]`).click()", dialog)
        playground.until(playground[f"#{dialog}"].is_visible, f"the dialog: {dialog}")
        if dialog == "export":
            for kind in ("experiment", "losses", "map-png", "map-svg"):
                with page.expect_download():
                    playground[f'[data-export="{kind}"]'].click()
        page.keyboard.press("Escape")
    page.reload()
    playground.connected()
    page.goto(f"{server.url}/nowhere")
    context.close()

    assert playground.problems == [
        "Failed to load resource: the server responded with a status of 404 (Not Found)"
    ]
    places = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert places == {urlsplit(server.url).netloc}
    assert any(url.startswith("ws://") for url in asked)
    assert len(asked) > 5
