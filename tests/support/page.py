"""The page in a real browser, in the words of someone who uses it."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

SIZES = {"wide": (1400, 900), "medium": (1024, 768), "phone": (390, 844)}
"""Widths and heights that the page is made for."""

BLUE, ORANGE = np.array([8, 119, 189]), np.array([245, 147, 34])


@dataclass
class Playground:
    """An open page, and what went wrong in it.

    Attributes:
        page: Playwright's page.
        problems: console errors and warnings, uncaught errors, failed requests, requests to other hosts.
        experiment: the whole experiment as the server last said that it holds.
    """

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)
    experiment: dict[str, Any] = field(default_factory=dict)

    def open(self, fragment: str = "") -> "Playground":
        page, problems = self.page, self.problems
        page.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
        page.on("request", self._check_host)
        page.on("websocket", lambda socket: socket.on("framereceived", self._hear))
        page.goto(self.url + "/" + fragment)
        self.connected()
        return self

    def _check_host(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.problems.append(f"request to elsewhere: {request.url}")

    def _hear(self, message: Any) -> None:
        if isinstance(message, str):
            event = json.loads(message)
            (run,) = event.get("runs", [event])
            self.experiment = run.get("experiment") or self.experiment

    def field(self, name: str) -> Any:
        """Return the value of a field, by its dotted name, as the server holds it."""
        value: Any = self.experiment
        for key in name.split("."):
            value = value[key]
        return value

    def connected(self) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-connection", "open")
        self.until(lambda: bool(self.scores()), "losses are shown")

    def __getitem__(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def until(self, condition: Callable[[], bool], what: str, *, patience: int = 1200) -> None:
        """Wait until something holds, for ``patience`` animation frames at most; looks seldom at what takes longer."""
        waited = 0
        while waited < patience:
            if condition():
                return
            frames = 1 if waited < 6 else 4
            self.page.evaluate(
                """async (frames) => {
                  for (let i = 0; i < frames; i += 1) await new Promise(requestAnimationFrame);
                }""",
                frames,
            )
            waited += frames
        raise AssertionError(f"never: {what}; problems: {self.problems}")

    @property
    def epoch(self) -> int:
        return int(re.sub(r"\D", "", self["#epoch"].inner_text()))

    def scores(self) -> dict[str, float]:
        """Losses as shown; empty while there are none."""
        texts = {name: self[f"#{name}-loss"].inner_text() for name in ("test", "train")}
        try:
            return {name: float(text.replace("−", "-").replace(",", ".")) for name, text in texts.items()}
        except ValueError:
            return {}

    def play(self) -> None:
        self["#play"].click()
        expect(self["html"]).to_have_attribute("data-playing", "true")

    def pause(self) -> None:
        self["#play"].click()
        expect(self["html"]).to_have_attribute("data-playing", "false")
        self.settle()

    def settle(self) -> None:
        """Wait until what is shown has ceased to change."""
        self.page.evaluate(
            """async () => {
              const map = document.querySelector('#map');
              const small = new OffscreenCanvas(90, 90).getContext('2d', { willReadFrequently: true });
              let same = 0, epoch = '', pixels = new Int32Array(90 * 90);
              while (same < 15) {
                await new Promise(requestAnimationFrame);
                small.drawImage(map, 0, 0, 90, 90);
                const nowEpoch = document.querySelector('#epoch').textContent;
                const now = new Int32Array(small.getImageData(0, 0, 90, 90).data.buffer);
                same = nowEpoch === epoch && now.every((pixel, at) => pixel === pixels[at]) ? same + 1 : 0;
                [epoch, pixels] = [nowEpoch, now];
              }
            }"""
        )

    def train(self, epochs: int) -> None:
        """Play until at least so many epochs have passed, then pause."""
        target = self.epoch + epochs
        self.play()
        self.until(lambda: self.epoch >= target, f"epoch {target}")
        self.pause()

    def map(self) -> np.ndarray:
        """Return the pixels of the big map, (rows, columns, 3)."""
        width, height, values = self.page.evaluate(
            """() => {
              const map = document.querySelector('#map');
              // A copy: reading the page's own canvas again and again would change how the browser keeps it.
              const copy = new OffscreenCanvas(map.width, map.height);
              const context = copy.getContext('2d', { willReadFrequently: true });
              context.drawImage(map, 0, 0);
              const bytes = context.getImageData(0, 0, map.width, map.height).data;
              let text = '';  // numbers one by one would take a second to arrive
              for (let start = 0; start < bytes.length; start += 32768) {
                text += String.fromCharCode(...bytes.subarray(start, start + 32768));
              }
              return [map.width, map.height, btoa(text)];
            }"""
        )
        pixels = np.frombuffer(base64.b64decode(values), np.uint8)
        return pixels.reshape(height, width, 4)[:, :, :3].astype(int)

    def colour_at(self, x1: float, x2: float) -> str:
        """Return which class the map shows at a point of the plane."""
        pixels = self.map()
        rows, columns, _ = pixels.shape
        pixel = pixels[round((6 - x2) / 12 * (rows - 1)), round((x1 + 6) / 12 * (columns - 1))]
        return "blue" if np.abs(pixel - BLUE).sum() < np.abs(pixel - ORANGE).sum() else "orange"

    def class_at(self, x1: float, x2: float, classes: int) -> int:
        """Return which of many classes the map shows at a point of the plane."""
        colours = self.page.evaluate(
            """(classes) => Array.from({ length: classes }, (_, number) => {
              const probe = document.body.appendChild(document.createElement('span'));
              probe.style.color = `var(--map-class-${number})`;
              const colour = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
              probe.remove();
              return colour;
            })""",
            classes,
        )
        pixels = self.map()
        rows, columns, _ = pixels.shape
        pixel = pixels[round((6 - x2) / 12 * (rows - 1)), round((x1 + 6) / 12 * (columns - 1))]
        return int(np.abs(np.array(colours) - pixel).sum(axis=1).argmin())

    def choose_dataset(self, key: str) -> None:
        """Choose the problem that a dataset poses, then the dataset."""
        entry = self[f'.dataset:has([value="{key}"])']
        self["#problem"].select_option(entry.get_attribute("data-problem"))
        expect(entry).to_be_visible()
        self[f'input[name="dataset"][value="{key}"]'].check(force=True)
        self.until(lambda: bool(self.field("data.dataset") == key), f"the dataset {key}")
        self.until(lambda: self.epoch == 0, "a new start")
        self.settle()

    def set_units(self, *layers: int) -> None:
        """Give each hidden layer so many units."""
        for layer, units in enumerate(layers):
            while len(self.field("network.hidden")) > layer and self.field("network.hidden")[layer] < units:
                before = self.field("network.hidden")
                self[f'[aria-label="Add a unit to layer {layer + 1}"]'].click()
                self.until(lambda before=before: self.field("network.hidden") != before, "a unit more")  # type: ignore[misc]

    def open_all(self) -> None:
        """Open every fold that is closed."""
        for summary in reversed(self[".fold:not([open]) > summary"].all()):
            summary.click()

    def choose(self, name: str, value: str) -> None:
        self[f'select[data-field="{name}"]'].select_option(value)

    def slide(self, name: str, value: float) -> None:
        """Move a slider to a position, as a person with arrow keys would."""
        self[f'input[type=range][data-field="{name}"]'].evaluate(
            """(slider, value) => {
              slider.value = String(value);
              slider.dispatchEvent(new Event('input', { bubbles: true }));
              slider.dispatchEvent(new Event('change', { bubbles: true }));
            }""",
            value,
        )

    def hidden_units(self) -> Locator:
        return self[".unit:not(.unit--output)"]


def open_playground(
    browser: Browser,
    url: str,
    size: str = "wide",
    scheme: Any = "light",
    *,
    touch: bool = False,
    language: str = "en-US",
    script: str = "",
    fragment: str = "",
) -> Playground:
    """Open the page in a context of its own."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        has_touch=touch,
        is_mobile=touch,
        locale=language,
    )
    context.set_default_timeout(20_000)
    if script:
        context.add_init_script(script)
    return Playground(context.new_page(), url).open(fragment)
