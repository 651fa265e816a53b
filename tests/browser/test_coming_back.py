"""Nothing is lost on the page: reloads, lost servers, other tabs, idle and full servers."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_server import LiveServer, free_port, live_server
from tests.support.page import Playground, open_playground
from tests.support.processes import descendants, engine_processes, needs_proc
from tests.support.wording import english

LOSSES = """() => {
  const columns = ['train', 'test', 'validation'];
  const kept = JSON.parse(sessionStorage.getItem('neural-playground-losses') ?? 'null');
  return kept && columns.map((name) => kept[name]);
}"""
OLDER = """(() => {
  const older = new MutationObserver(() => {
    const root = document.documentElement;
    if (!root?.dataset.revision || sessionStorage.length > 0) return;
    root.dataset.revision = 'older';
    older.disconnect();
  });
  older.observe(document, { childList: true, subtree: true });
  const record = sessionStorage.getItem('neural-playground-record');
  const former = record?.replace(/_([a-z])(?=\\w*":)/g, (_, letter) => letter.toUpperCase());
  if (former) sessionStorage.setItem('neural-playground-record', former);
})()"""
"""Makes the page of the first visit believe that it is of another revision, whose record has camelCase names."""
HIDE = """() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  document.dispatchEvent(new Event('visibilitychange'));
  delete document.hidden;
}"""


def losses(playground: Playground) -> Any:
    """Return the curves to the last bit, as the page keeps them when it is hidden."""
    playground.page.evaluate(HIDE)
    return playground.page.evaluate(LOSSES)


def kept(playground: Playground, epoch: int) -> None:
    """Wait until the tab holds a token, and what it has of the run's losses goes so far."""
    playground.until(
        lambda: playground.page.evaluate("() => sessionStorage.getItem('neural-playground-record') !== null"),
        "a token",
    )
    playground.until(lambda: playground.epoch >= epoch, f"epoch {epoch}")


@contextmanager
def going_on(browser: Browser, server: LiveServer) -> Iterator[Playground]:
    playground = open_playground(browser, server.url)
    yield playground
    playground.page.context.close()


@contextmanager
def with_settings(**settings: object) -> Iterator[LiveServer]:
    with live_server("--workers", "1", settings=settings) as server:
        yield server


def test_a_reload_restores_the_run_where_it_was(playground: Playground) -> None:
    playground["#add-layer"].click()
    expect(playground["#layer-count"]).to_have_text("3")
    playground.choose("network.activation", "relu")
    playground.train(40)
    epoch, scores, curves = playground.epoch, playground.scores(), losses(playground)
    kept(playground, epoch)
    playground.settle()
    pixels = playground.map()

    playground.page.reload()
    playground.connected()
    playground.until(lambda: playground.epoch == epoch, "the epoch of before")
    playground.settle()

    expect(playground["#layer-count"]).to_have_text("3")
    assert playground.field("network.activation") == "relu"
    assert playground.scores() == scores
    assert losses(playground) == curves
    assert (playground.map() == pixels).all()
    expect(playground["html"]).to_have_attribute("data-playing", "false")
    expect(playground[".notice[data-key]"]).to_have_count(0)
    playground['[data-action="undo"]:visible'].click()  # what was done before can still be undone
    playground.until(lambda: playground.field("network.activation") == "tanh", "the activation of before")


def test_a_reload_while_it_trains_trains_on_with_gapless_curves(playground: Playground) -> None:
    playground.play()
    kept(playground, 30)
    before = playground.epoch

    playground.page.reload()
    playground.connected()

    expect(playground["html"]).to_have_attribute("data-playing", "true")
    playground.until(lambda: playground.epoch > before + 10, "more epochs")
    playground.pause()
    gaps = playground.page.evaluate(
        """([packed]) => {
          const bytes = Uint8Array.from(atob(packed.split(':')[1]), (character) => character.charCodeAt(0));
          return Array.from(new Float64Array(bytes.buffer)).filter(Number.isNaN).length;
        }""",
        losses(playground),
    )
    assert gaps == 0


def test_weights_set_by_hand_come_back_after_a_reload(playground: Playground) -> None:
    kept(playground, 0)
    playground.page.evaluate("() => sessionStorage.removeItem('neural-playground-record')")
    before = playground.scores()
    set_a_weight(playground)
    playground.until(lambda: playground.scores() != before, "other losses")
    kept(playground, 0)  # a token that knows of it
    after = playground.scores()

    playground.page.reload()
    playground.connected()
    playground.settle()

    assert playground.scores() == after


def set_a_weight(playground: Playground) -> None:
    """Set the first weight, as a person does with the keyboard."""
    playground[".diagram__cursor"].focus()
    playground.page.keyboard.press("Enter")
    playground["#editor-value"].fill("4.5")
    playground["#editor-value"].press("Enter")


def test_a_link_with_another_experiment_wins_over_what_was_kept(playground: Playground) -> None:
    playground.train(20)
    kept(playground, 20)
    url = playground.page.url.split("#")[0]

    playground.page.goto("about:blank")
    playground.page.goto(f"{url}#data.dataset=xor")
    playground.connected()

    playground.until(lambda: playground.epoch == 0, "a new start")
    assert playground.field("data.dataset") == "xor"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_started_again_goes_on_with_the_run(browser: Browser, end: signal.Signals) -> None:
    port = str(free_port())
    with live_server("--workers", "1", "--port", port) as first:
        playground = open_playground(browser, first.url)
        playground["#add-layer"].click()
        expect(playground["#layer-count"]).to_have_text("3")
        playground.train(30)
        epoch, scores = playground.epoch, playground.scores()
        playground.until(lambda: token_epoch(playground) == epoch, "a token of this epoch")
        first.process.send_signal(end)
        expect(playground["#reconnecting"]).to_be_visible()
        first.process.wait(20)

        with live_server("--workers", "1", "--port", port):
            playground.connected()

            expect(playground["#reconnecting"]).to_be_hidden()
            expect(playground["#layer-count"]).to_have_text("3")
            expect(playground['.notice[data-key="line"]']).to_contain_text(f"epoch {epoch}")
            playground.settle()
            assert playground.epoch == epoch
            assert playground.scores() == scores
            playground.train(10)
        assert playground.epoch >= epoch + 10
        playground.page.context.close()


def token_epoch(playground: Playground) -> int:
    """Return how far the kept token is: its run is the last that the page has been given."""
    found = playground.page.evaluate(
        """() => {
          const record = JSON.parse(sessionStorage.getItem('neural-playground-record') ?? 'null');
          if (!record) return -1;
          const text = atob(record.token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
          const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
          const view = new DataView(bytes.buffer);
          const run = 2 + view.getUint16(0, true);
          return Number(view.getBigUint64(run + 14 + view.getUint32(run + 10, true), true));
        }"""
    )
    return int(found)


def test_a_duplicated_tab_takes_over_and_the_first_can_take_it_back(playground: Playground) -> None:
    playground.train(20)
    kept(playground, 20)
    epoch = playground.epoch
    with playground.page.expect_popup() as opening:
        playground.page.evaluate("() => void window.open(location.href)")
    copy: Page = opening.value
    expect(copy.locator("html")).to_have_attribute("data-connection", "open")

    expect(playground["#reconnecting"]).to_contain_text("another tab")
    expect(playground["html"]).to_have_attribute("data-connection", "stopped")
    expect(copy.locator("#epoch")).to_contain_text(str(epoch))

    playground["#reconnecting"].get_by_role("button", name="Use it here").click()
    expect(copy.locator("html")).to_have_attribute("data-connection", "stopped")
    playground.connected()
    assert playground.epoch == epoch


def test_idle_training_rests_and_one_click_goes_on(browser: Browser) -> None:
    with with_settings(rest_seconds=2) as server, going_on(browser, server) as playground:
        playground.play()
        resting = playground['.notice[data-key="resting"]']
        expect(resting).to_be_visible()
        expect(playground["html"]).to_have_attribute("data-playing", "false")
        before = playground.epoch

        resting.get_by_role("button", name="Go on").click()

        expect(playground["html"]).to_have_attribute("data-playing", "true")
        expect(resting).to_be_hidden()
        playground.until(lambda: playground.epoch > before, "more epochs")


def test_a_session_that_was_freed_goes_on_with_one_click(browser: Browser) -> None:
    with with_settings(idle_seconds=4) as server, going_on(browser, server) as playground:
        playground.train(5)
        epoch = playground.epoch
        expect(playground["#reconnecting"]).to_contain_text(english("script.line.idle"))
        expect(playground["html"]).to_have_attribute("data-connection", "stopped")

        playground["#reconnecting"].get_by_role("button", name="Go on").click()
        playground.connected()

        playground.settle()
        assert playground.epoch == epoch


def test_a_full_server_says_so_lets_nobody_out_and_opens_by_itself(browser: Browser) -> None:
    with with_settings(max_sessions=1, kept_seconds=8) as server, going_on(browser, server) as playground:
        playground.train(5)
        kept(playground, 5)
        late = browser.new_context().new_page()
        response = late.goto(server.url)
        assert response is not None
        assert response.status == 503
        assert 5 <= int(response.headers["retry-after"]) <= 15
        expect(late.locator("h1")).to_have_text(english("page.full.heading"))

        playground.page.reload()  # who is in is let in again
        playground.connected()
        assert "return" not in playground.page.url

        playground.page.goto("about:blank")  # the session is without a connection, and is given up in time
        expect(late.locator("#play")).to_be_visible(timeout=40_000)
        late.context.close()


def test_a_page_older_than_the_server_is_told_to_reload_and_keeps_its_run(
    browser: Browser, server: LiveServer
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(OLDER)
    playground = Playground(page, server.url).open()
    notice = playground['.notice[data-key="newer"]']
    expect(notice).to_contain_text("newer page")
    playground.choose("training.learning_rate", "0.1")
    playground.train(20)
    kept(playground, 20)
    epoch = playground.epoch

    notice.get_by_role("button", name="Reload").click()
    playground.connected()

    playground.until(lambda: playground.epoch == epoch, "the epoch of before")
    expect(notice).to_be_hidden()
    assert playground.field("training.learning_rate") == 0.1
    playground['[data-action="undo"]:visible'].click()
    playground.until(lambda: playground.field("training.learning_rate") == 0.03, "the rate of before")
    assert playground.epoch == epoch
    assert playground.problems == []
    context.close()


@needs_proc
def test_the_page_says_that_training_waits_for_something_to_compute_with(browser: Browser) -> None:
    with live_server("--workers", "1") as server:
        playground = open_playground(browser, server.url)
        playground.play()
        below, engine = descendants(server.process.pid), engine_processes(server.process.pid)
        others = [pid for pid in below if pid not in engine]  # the fork server, which would start another
        notice = playground.page.get_by_text("Training waits.", exact=True)
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            os.kill(engine[0], signal.SIGKILL)
            expect(notice).to_be_visible()
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

        expect(notice).to_have_count(0)
        epoch = playground.epoch
        playground.until(lambda: playground.epoch > epoch, "more epochs")
        assert playground.problems == []
        playground.page.context.close()
