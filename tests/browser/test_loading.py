"""What it takes to open the page: few bytes, few requests, one host; and nothing that is shown moves on."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live_server import LiveServer
from tests.support.page import SIZES

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


SLOW = {"offline": False, "latency": 20, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
"""The page takes a second, and the script another."""

SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) sum += value;
  }).observe({ type: 'layout-shift', buffered: true });
  let frames = 20;
  const count = () => ((frames -= 1) > 0 ? requestAnimationFrame(count) : resolve(sum));
  requestAnimationFrame(count);
})"""


@pytest.mark.parametrize("size", SIZES)
def test_nothing_that_is_shown_moves_while_the_page_comes_bit_by_bit(
    browser: Browser, server: LiveServer, size: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)

    page.goto(server.url, wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    expect(page.locator(".unit").first).to_be_visible()

    assert page.evaluate(SHIFTS) < 0.01
    context.close()
