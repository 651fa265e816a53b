"""For everybody: what axe-core finds, by keyboard, enlarged, and in colours of one's own."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

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


@contextmanager
def dialog(playground: Playground, action: str) -> Iterator[Locator]:
    playground[f'[data-action="{action}"]'].first.click()
    shown = playground["dialog[open]"]
    expect(shown).to_be_visible()
    yield shown
    playground.page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


@contextmanager
def idle(playground: Playground) -> Iterator[None]:
    yield


@contextmanager
def unfolded(playground: Playground) -> Iterator[None]:
    open_everything(playground)
    yield


@contextmanager
def explaining(playground: Playground) -> Iterator[None]:
    playground.open_all()
    playground["#explain"].click()
    playground['.field[data-name="training.optimizer"]'].click()
    playground["#explanation details"].evaluate("(fold) => { fold.open = true; }")
    yield
    playground.page.keyboard.press("Escape")
    playground.page.keyboard.press("Escape")


@contextmanager
def helping(playground: Playground) -> Iterator[None]:
    with dialog(playground, "help"):
        yield


@contextmanager
def sharing(playground: Playground) -> Iterator[None]:
    with dialog(playground, "share"):
        playground["#share-link"].fill("nonsense")
        playground["#share-link"].press("Enter")
        expect(playground["#share-refusal"]).not_to_be_empty()
        yield


@contextmanager
def exporting(playground: Playground) -> Iterator[None]:
    with dialog(playground, "export"):
        playground["#export-code"].evaluate("(fold) => { fold.open = true; }")
        expect(playground["#export-preview"]).to_contain_text("import")
        yield


@contextmanager
def drawing(playground: Playground) -> Iterator[None]:
    with dialog(playground, "own-points") as shown:
        playground.page.keyboard.press("Enter")
        # On a phone the foot lies over whatever is scrolled behind it: at the end that is nothing.
        shown.evaluate("(editor) => editor.scrollTo(0, editor.scrollHeight)")
        yield


@contextmanager
def importing(playground: Playground) -> Iterator[None]:
    with dialog(playground, "own-points") as shown:
        shown.locator('[data-own="table"]').click()
        playground["#own-text"].fill("height,width,kind\n1,2,cat\n3,4,dog\n5,x,dog\n2,6,cat\n")
        expect(playground[".own__faults"]).to_be_visible()
        expect(playground[".own__questions"]).to_be_visible()
        playground[".own__summary"].click()
        yield
        playground.page.keyboard.press("Escape")


@contextmanager
def noticed(playground: Playground) -> Iterator[None]:
    playground.page.evaluate("location.hash = 'data.samples=many&nothing=1'")
    expect(playground['.notice[data-key="passed-over"]']).to_be_visible()
    yield
    playground['.notice[data-key="passed-over"] button'].first.click()


@contextmanager
def training(playground: Playground) -> Iterator[None]:
    playground.play()
    yield
    playground.pause()


@contextmanager
def looking(playground: Playground) -> Iterator[None]:
    """Pause with a unit on the map and a weight in the editor."""
    playground.train(3)
    playground.hidden_units().first.click()
    playground[".diagram__cursor"].focus()
    playground.page.keyboard.press("Enter")
    expect(playground["#editor"]).to_be_visible()
    yield
    playground.page.keyboard.press("Escape")
    playground.page.keyboard.press("o")


@contextmanager
def projected(playground: Playground) -> Iterator[None]:
    for _ in range(3):
        playground["#theme"].click()
    expect(playground["html"]).to_have_attribute("data-theme", "projector")
    yield
    playground["#theme"].click()


@contextmanager
def many_classes(playground: Playground) -> Iterator[None]:
    playground.open_all()
    playground.choose_dataset("spiral-5")
    playground.train(3)
    yield
    playground.choose_dataset("circle")


@contextmanager
def stopped(playground: Playground) -> Iterator[None]:
    open_everything(playground)
    playground["#reset"].click()
    playground.choose("training.stop", "epochs")
    playground['[data-options="training.stop"] [data-option="epochs"]'].select_option("50")
    playground["#speed"].select_option("5")
    playground["#play"].click()
    expect(playground['.notice[data-key="ended"][data-kind="info"]']).to_be_visible()
    yield
    playground.choose("training.stop", "never")


@contextmanager
def diverged(playground: Playground) -> Iterator[None]:
    open_everything(playground)
    playground.choose_dataset("plane")
    playground.choose("network.activation", "linear")
    playground.choose("training.learning_rate", "10")
    playground["#play"].click()
    expect(playground['.notice[data-key="ended"][data-kind="warning"]']).to_be_visible()
    yield


# In an order in which each can follow those before it.
STATES = [
    idle,
    helping,
    sharing,
    exporting,
    drawing,
    importing,
    noticed,
    training,
    looking,
    projected,
    many_classes,
    unfolded,
    explaining,
    stopped,
    diverged,
]
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


def check(visit: Callable[..., Playground], size: str, scheme: str, states: list[Any]) -> None:
    playground = visit(size, scheme, touch=size == "phone")
    found = []
    for state in states:
        with state(playground):
            found += [f"{state.__name__}: {violation}" for violation in violations(playground)]
    assert found == []


@needs_axe
@pytest.mark.parametrize(("place", "size", "scheme"), [(place, *look) for place, look in enumerate(LOOKS)])
def test_axe_finds_nothing(visit: Callable[..., Playground], place: int, size: str, scheme: str) -> None:
    # Each look has a share of the states, so that every state is seen, and twice; `make soak` has the whole grid.
    half = len(LOOKS) // 2
    check(visit, size, scheme, [state for at, state in enumerate(STATES) if at % half == place % half])


@needs_axe
@pytest.mark.soak
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_axe_finds_nothing_in_any_state(visit: Callable[..., Playground], size: str, scheme: str) -> None:
    check(visit, size, scheme, STATES)


def test_at_twice_the_size_nothing_is_lost(visit: Callable[..., Playground]) -> None:
    playground = visit("wide")
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
    expect(playground[".insight__text"]).to_have_text(words)
