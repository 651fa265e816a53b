"""What comes over the line while the page is looked at, and while it is not."""

import statistics

from playwright.sync_api import Browser, WebSocket

from tests.support.live_server import LiveServer
from tests.support.page import Playground

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_the_page_gets_small_frames_and_losses_only_while_nobody_looks(
    browser: Browser, server: LiveServer
) -> None:
    sizes: list[int] = []

    def note(payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            sizes.append(len(payload))

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.on("websocket", listen)
    playground = Playground(page, server.url).open()
    playground.train(60)
    playground.play()
    playground.until(lambda: len(sizes) > 40, "frames")
    assert statistics.median(sizes[-20:]) < 8000  # plain ones have 13,500 bytes

    page.evaluate(HIDE, True)
    playground.until(lambda: sizes[-1] < 1500, "a frame with nothing but losses")
    before, epoch = len(sizes), playground.epoch
    playground.until(lambda: len(sizes) >= before + 2, "more of them")
    assert max(sizes[before:]) < 1500

    page.evaluate(HIDE, False)
    playground.until(lambda: sizes[-1] > 1500, "a whole frame")
    playground.until(lambda: playground.epoch > epoch, "a later epoch on the page")
    context.close()
