"""What it takes to open the page: few bytes, few requests, one host."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live_server import LiveServer

MOST_BYTES = 150_000
MOST_REQUESTS = 6


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_page_is_small_and_comes_from_one_host(
    browser: Browser, server: LiveServer, language: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[float] = []
    addresses: list[str] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.on("Network.requestWillBeSent", lambda event: addresses.append(event["request"]["url"]))
    network.send("Network.enable")

    page.goto(f"{server.url}/?language={language}", wait_until="networkidle")
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    context.close()

    # Headers included; the stream of the run is not part of the page.
    assert sum(sizes) < MOST_BYTES
    assert len(sizes) <= MOST_REQUESTS
    assert {urlsplit(address).netloc for address in addresses if not address.startswith("data:")} == {
        urlsplit(server.url).netloc
    }
