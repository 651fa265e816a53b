"""Addresses that lead nowhere lead back."""

from playwright.sync_api import Browser, expect

from tests.support.live_server import live_server


def test_an_unknown_address_leads_back(browser: Browser) -> None:
    with live_server("--workers", "1") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/some/where")
        expect(page.locator("body")).to_contain_text("/some/where")
        page.get_by_role("link").first.click()
        expect(page.locator("#play")).to_be_visible()
        page.close()
