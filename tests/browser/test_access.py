"""For everybody: what axe-core finds, by keyboard, enlarged, and in colours of one's own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.live_server import ROOT
from tests.support.page import SIZES, Playground

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is an npm package: `npm ci` brings it, `make test` where there is npm"
)


def violations(playground: Playground) -> list[str]:
    """Return what axe-core finds on the page as it is now."""
    if not playground.page.evaluate("'axe' in globalThis"):
        playground.page.evaluate(Path(AXE).read_text() + "; 0")
    found: list[str] = playground.page.evaluate(
        """async (tags) => {
          // Colours on their way from one theme to the next are nobody's choice.
          await Promise.all(document.getAnimations().map((animation) => animation.finished));
          const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
          return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
        }""",
        RULES,
    )
    return found


def open_everything(playground: Playground) -> None:
    playground.page.evaluate(
        "() => { for (const fold of document.querySelectorAll('details')) fold.open = true; }"
    )
    expect(playground[".confusion"].first).to_be_visible()


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(visit: Callable[..., Playground], size: str, scheme: str) -> None:
    playground = visit(size, scheme, touch=size == "phone")
    open_everything(playground)
    playground["#explain"].click()
    playground['.field[data-name="training.optimizer"]'].click()
    playground["#explanation details"].evaluate("(fold) => { fold.open = true; }")
    assert violations(playground) == []
    playground.page.keyboard.press("Escape")
    playground.page.keyboard.press("Escape")

    playground['[data-action="help"]'].click()
    assert violations(playground) == []


@needs_axe
def test_axe_finds_nothing_in_any_state(playground: Playground) -> None:
    playground['[data-start="classes"]'].click()
    expect(playground["html"]).to_have_attribute("data-playing", "true")
    open_everything(playground)
    assert violations(playground) == [], "training many classes"

    for _ in range(3):
        playground["#theme"].click()
    expect(playground["html"]).to_have_attribute("data-theme", "projector")
    assert violations(playground) == [], "for a projector"

    playground.pause()
    playground.choose_dataset("plane")
    playground.choose("training.optimizer", "sgd")
    playground.choose("network.activation", "linear")
    playground.choose("training.learning_rate", "10")
    playground["#play"].click()
    expect(playground['.notice[data-key="ended"][data-kind="warning"]']).to_be_visible()
    assert violations(playground) == [], "diverged"

    playground.choose("training.learning_rate", "0.03")
    playground.choose("training.stop", "epochs")
    option = playground['[data-options="training.stop"] [data-option="epochs"]']
    option.select_option("50")
    playground["#speed"].select_option("5")
    playground["#reset"].click()
    playground["#play"].click()
    expect(playground['.notice[data-key="ended"][data-kind="info"]']).to_be_visible()
    assert violations(playground) == [], "stopped"


def test_at_twice_the_size_nothing_is_lost(visit: Callable[..., Playground]) -> None:
    playground = visit()
    controls = "button, select, input:not([type=checkbox], [type=radio])"
    count = "(all) => all.filter((one) => one.checkVisibility() && !one.closest('.diagram')).length"
    playground.open_all()
    before = playground[controls].evaluate_all(count)

    playground.page.set_viewport_size({"width": 700, "height": 450})
    playground.open_all()

    assert playground[controls].evaluate_all(count) == before
    room = playground.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert room <= 0
    map_box = playground["#map"].bounding_box()
    assert map_box is not None
    assert map_box["width"] >= 200
    # What gets the focus is never behind the strip at the bottom.
    strip = playground[".transport"].bounding_box()
    assert strip is not None
    for name in ("training.learning_rate", "data.noise", "network.seed"):
        control = playground[f'[data-field="{name}"]']
        control.focus()
        box = control.bounding_box()
        assert box is not None
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= strip["y"], name


def test_sliders_can_be_seen_in_forced_colours(playground: Playground) -> None:
    playground.page.emulate_media(forced_colors="active")
    slider = playground['[data-field="data.noise"]']
    at_zero = slider.screenshot()

    playground.slide("data.noise", 0.5)
    playground.until(lambda: bool(playground.field("data.noise") == 0.5), "noise")

    assert slider.screenshot() != at_zero


def test_what_the_map_shows_is_told_in_words(playground: Playground) -> None:
    playground.train(80)

    words = re.compile(r"Orange all around .*; blue in the middle .* of the test points are right\.")
    expect(playground["#map"]).to_have_attribute("aria-label", words)
    playground[".insight__summary"].click()
    expect(playground[".insight__words"]).to_have_text(words)
