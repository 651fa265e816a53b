"""Time from a command to what it brings, on the wire and on the page; ``--tree`` compares checkouts in turns."""

import argparse
import asyncio
import contextlib
import itertools
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.__main__ import line
from benchmarks.measure import verdict
from scripts.find_browser import find_browser
from tests.support.frames import decode_one
from tests.support.live_server import ROOT, LiveServer, live_server
from tests.support.page import SIZES
from tests.support.views import watched
from tests.support.wire import Arrival, Wire, connect

TITLE = "From a command to its picture"
HEADER = ("what", "checkout", "median", "worst", "to the first checkout", "needed")
TEXT = """\
A real server on the same machine, one client at a time, the default experiment. *On the wire* a bare WebSocket client
that watches what the page does, 20 frames a second: from the command to the event that answers it, and to the first
frame that shows its effect. `play` is sent while training is paused, all others during training, which `step` ends.
*On the page*, 1400×900 in headless Chromium with software drawing: from the click, as the browser dates it, until a
changed map has been painted; each first press is on a new page. Checkouts take turns."""

_ROUNDS = 15
_SPEEDS = {"60 epochs/s": 60.0, "full speed": None}
_COLD_SECONDS, _WARM_SECONDS = 0.7, 3.0
"""When a button is pressed for the first time, after the browser has loaded the page."""
_REST_SECONDS = 0.5
"""Between two presses on a page."""
_NEEDED = {
    f"page: play, {_COLD_SECONDS:g} s after loading": 80,
    f"page: play, {_WARM_SECONDS:g} s after loading": 40,
}
"""Milliseconds of the median at most."""

Times = dict[tuple[str, str], list[float]]
"""Seconds, by what was measured and checkout."""

_WATCH_MAP = """
  globalThis.press = null;
  addEventListener('click', ({ timeStamp }) => { if (press) press.at = timeStamp; }, true);
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {  // the task after this animation frame has been painted
    press?.painted(performance.now() - press.at);
    press = null;
  };
  const { putImageData } = CanvasRenderingContext2D.prototype;
  let last = new Uint32Array(0);
  CanvasRenderingContext2D.prototype.putImageData = function (image, ...place) {
    putImageData.call(this, image, ...place);
    if (this.canvas.id !== 'map') return;
    const next = new Uint32Array(image.data.buffer);
    const same = next.length === last.length && next.every((pixel, index) => pixel === last[index]);
    last = next.slice();
    if (!same && press?.at) port1.postMessage(null);
  };
"""

_PREPARE_PRESS = """(id) => {
  press = { at: 0 };
  globalThis.painted = new Promise((resolve) => { press.painted = resolve; });
  const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""

_PAINTED = """Promise.race([
  painted,
  new Promise((_, reject) => { setTimeout(() => reject(new Error('the press had no effect')), 10000); }),
])"""


def rows() -> Iterator[tuple[str, ...]]:
    yield from measured([ROOT], _ROUNDS)


def measured(
    trees: Sequence[Path], rounds: int, parts: Sequence[str] = ("wire", "page")
) -> Iterator[tuple[str, ...]]:
    """Measure all checkouts in turns; one row for each thing and checkout."""
    times: Times = {}
    with contextlib.ExitStack() as stack:
        servers = {
            _name(tree): stack.enter_context(live_server(cwd=tree, command=_command(tree))) for tree in trees
        }
        if "wire" in parts:
            asyncio.run(_on_the_wire(servers, rounds, times))
        if "page" in parts:
            _on_the_page(servers, rounds, times)
    first = _name(trees[0])
    for what, name in sorted(times, key=lambda key: [what for what, _ in times].index(key[0])):
        seconds = times[what, name]
        median = statistics.median(seconds)
        yield (
            what,
            name,
            f"{median * 1e3:.1f} ms",
            f"{max(seconds) * 1e3:.1f} ms",
            "–" if name == first else f"{median / statistics.median(times[what, first]):.2f}",
            verdict(median * 1e3, at_most=_NEEDED.get(what)),
        )


def _name(tree: Path) -> str:
    return tree.resolve().name


def _command(tree: Path) -> tuple[str, ...]:
    python = sys.executable if tree == ROOT else str(tree / ".venv/bin/python")
    return python, "-m", "server"


def _in_turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Each name once a round; the first of a round is the last of the next."""
    for number in range(rounds):
        yield from names[:: -1 if number % 2 else 1]


# ---------------------------------------------------------------------------------------------------- on the wire


async def _on_the_wire(servers: Mapping[str, LiveServer], rounds: int, times: Times) -> None:
    clients = {
        (speed, name): await _Client.enter(server) for speed in _SPEEDS for name, server in servers.items()
    }
    for name in _in_turns(list(servers), rounds):
        for speed, rate in _SPEEDS.items():
            for what, seconds in await clients[speed, name].commands(rate):
                times.setdefault((f"wire, {speed}: {what}", name), []).append(seconds)
    for client in clients.values():
        await client.wire.close()


class _Client:
    """A client that sends each command in turn and waits for its effect."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._turn = itertools.count()

    @classmethod
    async def enter(cls, server: LiveServer) -> "_Client":
        wire = await connect(server.socket_url, keep=True)
        await wire.hello()
        wire.send("watch", views=watched(tiles=True), frame_rate=20)
        await wire.frame(lambda arrival: "tiles/values" in decode_one(arrival.data)[1])
        return cls(wire)

    async def commands(self, rate: float | None) -> list[tuple[str, float]]:
        """Return what was measured, and its seconds."""
        turn = next(self._turn)
        unit, sign = turn % 4, -1 if turn % 2 else 1
        assert self.wire.newest is not None
        epoch = self.wire.newest.epoch
        found = [
            *await self._measure("play", lambda frame, _: frame.epoch > epoch, epochs_per_second=rate),
            *await self._measure(
                "set_parameter",
                lambda frame, _: decode_one(frame.data)[1]["parameters/values"][0] * sign > 2,
                answered=False,
                layer=0,
                unit=0,
                input=0,
                value=5.0 * sign,
            ),
            *await self._measure(
                "watch",
                lambda frame, _: f'"unit":{unit}' in decode_one(frame.data)[0].get("map", ""),
                answered=False,
                views=watched(tiles=True, unit=(0, unit)),
                frame_rate=20,
            ),
            *await self._measure(
                "configure",
                lambda frame, answer: decode_one(frame.data)[0]["run"] == str(answer["run"]),
                changes={"network.seed": turn},
            ),
            *await self._measure("step", lambda frame, answer: frame.epoch == answer["epoch"]),
        ]
        return found

    async def _measure(
        self,
        type_: str,
        shows: Callable[[Arrival, dict[str, Any]], bool],
        *,
        answered: bool = True,
        **fields: Any,
    ) -> list[tuple[str, float]]:
        wire = self.wire
        await asyncio.sleep(random.uniform(0.1, 0.2))  # so that it comes at any time between two frames
        wire.drop_frames()
        loop = asyncio.get_running_loop()
        start = loop.time()
        found, answer = [], {}
        if answered:
            answer = await wire.ask(type_, **fields)
            found.append((f"`{type_}` to its answer", loop.time() - start))
        else:
            wire.send(type_, **fields)
        arrival = await wire.frame(lambda frame: shows(frame, answer))
        return [*found, (f"`{type_}` to its frame", arrival.time - start)]


# ---------------------------------------------------------------------------------------------------- on the page


def _on_the_page(servers: Mapping[str, LiveServer], rounds: int, times: Times) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        for name in servers:  # the browser's own first pages
            _visit(browser, servers[name].url, _COLD_SECONDS, {})
        for name in _in_turns(list(servers), rounds):
            for seconds in (_COLD_SECONDS, _WARM_SECONDS):
                found: dict[str, float] = {}
                _visit(browser, servers[name].url, seconds, found)
                for what, taken in found.items():
                    times.setdefault((f"page: {what}", name), []).append(taken)
        browser.close()


def _visit(browser: Browser, url: str, seconds: float, found: dict[str, float]) -> None:
    """Open the page, press play after some seconds, and, if that was late, other buttons."""
    width, height = SIZES["wide"]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    context.add_init_script(_WATCH_MAP)
    page = context.new_page()
    page.goto(url)
    page.wait_for_timeout(seconds * 1e3)
    found[f"play, {seconds:g} s after loading"] = _press(page, "play")
    if seconds == _WARM_SECONDS:
        page.wait_for_timeout(_REST_SECONDS * 1e3)
        page.locator("#play").click()  # pause
        for id_ in ("step", "reset"):
            page.wait_for_timeout(_REST_SECONDS * 1e3)
            found[id_] = _press(page, id_)
        page.locator("#speed").select_option(index=page.locator("#speed option").count() - 1)
        page.wait_for_timeout(_REST_SECONDS * 1e3)
        found["play at full speed"] = _press(page, "play")
    # A session that plays when its page is closed trains on for half a minute, and would slow down all later visits.
    page.locator("#play").click()
    page.locator("html[data-playing=false]").wait_for()
    context.close()


def _press(page: Page, id_: str) -> float:
    """Click on a button; return the seconds until a changed map was painted."""
    page.mouse.click(*page.evaluate(_PREPARE_PRESS, id_))
    milliseconds: float = page.evaluate(_PAINTED)
    return milliseconds / 1e3


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument(
        "--tree",
        type=Path,
        action="append",
        help="a checkout with its .venv, whose server is measured; may be repeated (default: this one)",
    )
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help=f"(default: {_ROUNDS})")
    parser.add_argument("--part", choices=("wire", "page"), action="append", help="(default: both)")
    options = parser.parse_args(arguments)
    print(line(HEADER))
    print(line(["---"] * len(HEADER)), flush=True)
    for row in measured(options.tree or [ROOT], options.rounds, options.part or ("wire", "page")):
        print(line(row), flush=True)


if __name__ == "__main__":
    main()
