"""The page under its own policy: a whole visit without anything that the browser had to refuse."""

from typing import Any

from playwright.sync_api import Browser, expect

from tests.support.live_server import LiveServer
from tests.support.page import Playground

COLLECT = """
  window.refused = [];
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    window.refused.push(`${violatedDirective} ${blockedURI}`));
"""


def test_a_whole_visit_breaks_no_rule(browser: Browser, server: LiveServer) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    context.set_default_timeout(20_000)
    context.add_init_script(COLLECT)
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    playground = Playground(page, server.url).open()

    playground.train(5)
    playground.open_all()
    playground.choose_dataset("spiral")
    for dialog in ("share", "export", "help"):
        page.locator(f'[data-action="{dialog}"]').first.click()
        expect(page.locator("dialog[open]").first).to_be_visible()
        page.keyboard.press("Escape")
    page.locator("#theme").click()
    assert playground.problems == []
    assert page.evaluate("() => window.refused") == []
    page.goto(f"{server.url}/nowhere")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert page.evaluate("() => window.refused") == []
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []
    context.close()


def test_what_the_policy_forbids_is_refused_and_noticed(browser: Browser, server: LiveServer) -> None:
    context = browser.new_context()
    context.add_init_script(COLLECT)
    page = context.new_page()
    page.goto(server.url)

    def refused(script: str) -> Any:
        page.evaluate("() => { window.refused = []; }")
        page.evaluate(script)
        page.wait_for_function("() => window.refused.length > 0")
        return page.evaluate("() => window.refused[0]")

    element = "(() => { const s = document.createElement('script'); s.%s; document.head.append(s); })()"
    assert refused(element % "textContent = 'window.bad = 1'").startswith("script-src")
    assert refused(element % "src = 'http://127.0.0.1:9/x.js'").startswith("script-src")
    assert refused("() => { new WebSocket('ws://127.0.0.1:9/ws'); }").startswith("connect-src")
    assert page.evaluate("() => window.bad") is None
    context.close()
