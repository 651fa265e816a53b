"""The server goes away and comes back."""

import socket

from playwright.sync_api import Browser, expect

from tests.support.live_server import live_server
from tests.support.page import open_playground


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_the_page_says_reconnecting_and_comes_back_by_itself(browser: Browser) -> None:
    port = str(free_port())
    with live_server("--workers", "1", "--port", port) as server:
        playground = open_playground(browser, server.url)
        playground["#add-layer"].click()
        expect(playground["#layer-count"]).to_have_text("3")
        playground.play()
    expect(playground["#reconnecting"]).to_be_visible()

    with live_server("--workers", "1", "--port", port):
        playground.connected()

        expect(playground["#reconnecting"]).to_be_hidden()
        expect(playground["#layer-count"]).to_have_text("3")
        playground.until(lambda: playground.epoch == 0, "a new start")
        playground.train(10)
    playground.page.context.close()


def test_an_unknown_address_leads_back(browser: Browser) -> None:
    with live_server("--workers", "1") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/some/where")
        expect(page.locator("body")).to_contain_text("/some/where")
        page.get_by_role("link").first.click()
        expect(page.locator("#play")).to_be_visible()
        page.close()
