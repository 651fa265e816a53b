"""A real browser, and the page in it.

``PLAYGROUND_LOOK`` (``wide-light``, ``phone-dark`` …) says how tests open the page that name no look of their own;
``make looks`` runs them in each.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.find_browser import find_browser
from tests.support.live_server import LiveServer
from tests.support.page import Playground, open_playground

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


# Playwright holds an event loop, which must end before asynchronous tests begin.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    assert path is not None, "no browser: `make test` brings one, or name one in PLAYGROUND_BROWSER"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, server: LiveServer) -> Iterator[Callable[..., Playground]]:
    """Open the page; afterwards nothing may have gone wrong in it."""
    visited = []

    def visit(*args: Any, **options: Any) -> Playground:
        own = bool(args) or bool({"size", "scheme", "touch"} & options.keys())
        size, _, scheme = os.environ.get("PLAYGROUND_LOOK", "wide-light").partition("-")
        if not own:
            options |= {"size": size, "scheme": scheme, "touch": size == "phone"}
        playground = open_playground(browser, server.url, *args, **options)
        visited.append(playground)
        if not own and size != "wide":
            playground.open_all()  # what a wide page shows has to be unfolded here
        return playground

    yield visit
    problems = []
    for playground in visited:
        problems += playground.problems
        playground.page.context.close()
    assert problems == []


@pytest.fixture
def playground(visit: Callable[..., Playground]) -> Playground:
    return visit()
