"""Behind a proxy that is configured wrongly, the page says what is the matter and what mends it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import mistakes
from tests.support.live_server import LiveServer, live_server
from tests.support.proxies import proxy


@pytest.fixture(scope="module")
def behind() -> Iterator[LiveServer]:
    with live_server("--compute", "inline") as running:
        yield running


@pytest.fixture
def through(browser: Browser, behind: LiveServer, tmp_path: Path) -> Callable[..., None]:
    """Open the page through a wrong proxy, and expect it to say why there is no connection."""

    def through(mistake: Mapping[str, str], language: str, reason: str, *said: str) -> None:
        with proxy("nginx", behind.url, tmp_path, mistake) as front:
            page: Page = browser.new_page(locale=language)
            page.goto(front.http)
            notice = page.locator("#reconnecting")
            expect(notice).to_have_attribute("data-reason", reason)
            expect(notice).to_be_visible()
            for text in (*said, front.http if reason == "other-origin" else ""):
                expect(notice).to_contain_text(text)
            page.close()

    return through


def test_a_host_that_is_not_passed_on(through: Callable[..., None], behind: LiveServer) -> None:
    host = behind.url.removeprefix("http://")
    through(mistakes.NO_HOST, "en", "other-origin", host, "proxy_set_header Host $http_host;")


def test_an_upgrade_that_is_not_passed_on(through: Callable[..., None]) -> None:
    through(mistakes.NO_UPGRADE, "zh-CN", "no-upgrade", "升级", "proxy_set_header Upgrade $http_upgrade;")


def test_an_address_that_is_not_passed_on_at_all(through: Callable[..., None]) -> None:
    through(mistakes.NO_SOCKET, "en", "other-answer", "/ws", "404")
