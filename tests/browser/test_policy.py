"""The page under its own policy: a whole visit without anything that the browser had to refuse."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Browser, expect

from tests.support.live_server import LiveServer, live_server
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

    script = "() => { try { document.createElement('script').%s; } catch { /* told as a violation */ } }"
    assert refused(script % "textContent = 'window.bad = 1'").startswith("require-trusted-types-for")
    assert refused(script % "src = '/static/js/main.js'").startswith("require-trusted-types-for")
    markup = "() => { try { document.body.innerHTML = '<p>'; } catch { /* likewise */ } }"
    assert refused(markup).startswith("require-trusted-types-for")
    policy = "() => { try { trustedTypes.createPolicy('own', {}); } catch { /* likewise */ } }"
    assert refused(policy).startswith("trusted-types")
    assert refused("() => { import('http://127.0.0.1:9/x.js').catch(() => {}); }").startswith("script-src")
    assert refused("() => { new WebSocket('ws://127.0.0.1:9/ws'); }").startswith("connect-src")
    assert page.evaluate("() => window.bad") is None
    context.close()


@contextmanager
def page_around(address: list[str]) -> Iterator[str]:
    """Serve a page that shows the first of the addresses in a frame; yields its origin."""

    class Around(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{address[0]}" width="1200" height="800"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Around) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"  # for browsers another site than 127.0.0.1
        server.shutdown()


def test_pages_that_may_embed_the_page_show_it_whole_and_others_do_not(browser: Browser) -> None:
    address: list[str] = []
    with (
        page_around(address) as course,
        page_around(address) as other,
        live_server("--workers", "1", "--allow-embedding", course) as server,
        browser.new_context() as context,
    ):
        address.append(server.url)
        page = context.new_page()
        inside = page.frame_locator("iframe").locator("html")

        page.goto(course)
        expect(inside).to_have_attribute("data-connection", "open")

        with page.expect_event("requestfailed"):
            page.goto(other)
        expect(inside.locator("#playground")).to_have_count(0)
