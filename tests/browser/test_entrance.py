"""Joining, as a person sees it: the code is asked for, and then the page is the page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_server import LiveServer, live_server
from tests.support.page import SIZES, Playground
from tests.support.wording import sentence

CODE = "abcd-efgh"


@pytest.fixture(scope="module")
def closed() -> Iterator[LiveServer]:
    with live_server("--workers", "1", "--join-code", CODE) as running:
        yield running


@pytest.fixture
def come(browser: Browser, closed: LiveServer) -> Iterator[Callable[..., Page]]:
    """Open an address of the closed server, without waiting for a run."""
    contexts = []

    def come(fragment: str = "", size: str = "wide") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(closed.url + "/" + fragment)
        return page

    yield come
    for context in contexts:
        context.close()


def works(page: Page) -> None:
    Playground(page, "").connected()
    expect(page.locator("#join")).to_be_hidden()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_code_is_asked_for_and_a_wrong_one_is_told_where_the_person_looks(
    come: Callable[..., Page], size: str
) -> None:
    page = come(size=size)
    field = page.get_by_role("textbox", name="Join code")
    expect(field).to_be_focused()
    box = page.locator("#join").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= SIZES[size][0]

    page.keyboard.type("hgfe-dcba")
    page.keyboard.press("Enter")

    expect(page.locator("#join-refusal")).to_have_text(sentence("wrong-code"))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    page.keyboard.type("ABCD efgh")  # what was wrong is selected, so it is replaced
    expect(field).to_have_value("ABCD efgh")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    works(page)


def test_there_is_no_way_around(come: Callable[..., Page]) -> None:
    page = come()
    field = page.get_by_role("textbox", name="Join code")

    for _ in range(4):
        expect(field).to_be_visible()
        page.keyboard.press("Escape")
    page.keyboard.press("Enter")

    expect(field).to_be_visible()
    expect(field).to_be_focused()


def test_joining_holds_for_the_browser_and_for_the_questions_of_the_page(come: Callable[..., Page]) -> None:
    page = come()
    page.get_by_role("textbox", name="Join code").fill(CODE)
    page.get_by_role("button", name="Join").click()
    works(page)

    page.reload()
    works(page)
    page.locator('[data-action="share"]').click()
    expect(page.locator("#share-classic-lack")).to_contain_text("seed of the original")  # the server says so


def test_the_code_of_the_link_lets_in_and_leaves_the_address_at_once(come: Callable[..., Page]) -> None:
    page = come(f"#join={CODE}&data.dataset=spiral")

    works(page)

    assert "join" not in page.url
    assert "data.dataset=spiral" in page.url
    page.go_back()
    page.go_forward()
    assert "join" not in page.url


def test_a_link_of_yesterday_asks(come: Callable[..., Page]) -> None:
    page = come("#join=999999")

    expect(page.get_by_role("textbox", name="Join code")).to_be_focused()
    assert "join" not in page.url


def test_a_second_tab_of_the_browser_is_let_in(come: Callable[..., Page], closed: LiveServer) -> None:
    page = come(f"#join={CODE}")
    works(page)

    second = page.context.new_page()
    second.goto(closed.url)

    works(second)


def test_when_the_cookie_has_ended_the_code_is_asked_for_and_the_run_goes_on(
    come: Callable[..., Page],
) -> None:
    page = come(f"#join={CODE}")
    works(page)
    playground = Playground(page, "")
    playground.train(5)
    epoch = playground.epoch
    page.context.clear_cookies()

    page.reload()
    field = page.get_by_role("textbox", name="Join code")
    expect(field).to_be_focused()
    field.fill(CODE)
    page.keyboard.press("Enter")

    works(page)
    playground.until(lambda: playground.epoch >= epoch, "the epoch of before")


def test_a_browser_that_keeps_no_cookie_is_told_so(come: Callable[..., Page]) -> None:
    page = come()
    page.route(
        "**/api/join",
        lambda route: (
            route.fulfill(json={"joined": False}) if route.request.method == "GET" else route.continue_()
        ),
    )
    page.get_by_role("textbox", name="Join code").fill(CODE)
    page.keyboard.press("Enter")

    expect(page.locator("#join-refusal")).to_contain_text("cookie")


def test_neither_code_nor_cookie_is_in_any_address_or_readable_by_scripts(
    browser: Browser, closed: LiveServer
) -> None:
    context = browser.new_context()
    page = context.new_page()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    page.goto(f"{closed.url}/#join={CODE}")
    works(page)
    (cookie,) = context.cookies()
    readable = page.evaluate("() => document.cookie + JSON.stringify({ ...sessionStorage, ...localStorage })")
    context.close()

    assert cookie["httpOnly"]
    assert [address for address in addresses if address.endswith("/ws")]
    # What stands behind # never leaves the browser.
    for text in (readable, *(address.partition("#")[0] for address in addresses)):
        assert CODE not in text
        assert cookie["value"] not in text
