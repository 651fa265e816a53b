"""Every size, light and dark."""

from collections.abc import Callable

import pytest

from tests.support.page import SIZES, Playground


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_learns(visit: Callable[..., Playground], size: str, scheme: str) -> None:
    playground = visit(size, scheme, touch=size == "phone")

    playground.train(60)

    wide = playground.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
    assert playground.scores()["test"] < 0.4
    for selector in ("#play", "#epoch", "#map"):
        assert playground[selector].is_visible()


def test_on_a_phone_the_play_bar_stays_in_reach(visit: Callable[..., Playground]) -> None:
    playground = visit("phone", touch=True)

    playground.page.evaluate("scrollTo(0, document.body.scrollHeight)")

    box = playground["#play"].bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= SIZES["phone"][1] - box["height"]


def test_on_a_phone_buttons_are_large_enough_for_a_finger(visit: Callable[..., Playground]) -> None:
    playground = visit("phone", touch=True)

    small = playground.page.evaluate(
        """() => [...document.querySelectorAll('button, select, input[type=range], summary')]
          .map((element) => [element.id || element.className, element.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && box.height > 0 && box.height < 43.5)
          .map(([name, box]) => `${name}: ${box.width}×${box.height}`)
          .filter((name) => !/^(unit|skip|diagram)/.test(name))"""
    )

    assert small == []


def test_nothing_shifts_while_training(playground: Playground) -> None:
    shifts = """() => new Promise((resolve) => {
      let total = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) total += entry.value;
      }).observe({ type: 'layout-shift', buffered: false });
      setTimeout(() => resolve(total), 1500);
    })"""
    playground["#speed"].select_option("5")
    playground.play()

    assert playground.page.evaluate(shifts) < 0.01
