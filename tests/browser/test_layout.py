"""Every size, light and dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live_server import LiveServer
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


@pytest.mark.parametrize("ratio", [2, 3])
def test_pictures_are_as_fine_as_the_screen(browser: Browser, server: LiveServer, ratio: int) -> None:
    context = browser.new_context(device_scale_factor=ratio, viewport={"width": 1400, "height": 900})
    playground = Playground(context.new_page(), server.url).open()

    for selector in (".plot__points", ".diagram__picture", ".chart__canvas"):
        width, shown = playground[selector].evaluate("(canvas) => [canvas.width, canvas.clientWidth]")
        assert abs(width - ratio * shown) <= ratio, selector
    assert playground.problems == []
    context.close()


def test_little_motion_is_asked_for_and_shown(browser: Browser, server: LiveServer) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(str(text))))
    playground = Playground(page, server.url).open()

    playground.until(lambda: any('"frame_rate":4' in text for text in sent), "few pictures a second")
    expect(playground[".round--play"]).to_have_css("transition-duration", re.compile(r"^(0s(, )?)+$"))
    context.close()


def test_no_label_is_cut_on_a_wide_screen(visit: Callable[..., Playground]) -> None:
    playground = visit("wide")
    playground.choose_dataset("blobs")
    playground.choose("objective.loss", "softmax-cross-entropy")
    playground.settle()
    for theme in (None, "projector"):
        if theme:
            for _ in range(3):
                playground["#theme"].click()
            expect(playground["html"]).to_have_attribute("data-theme", theme)
        cut = playground[".bar .field__label:visible"].evaluate_all(
            "(all) => all.filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.textContent.trim())"
        )
        assert cut == [], theme
        # A select tells nothing of what it cuts: its text is measured beside it.
        cut = playground[".transport select:visible, .settings select:visible"].evaluate_all(
            """(all) => all.filter((select) => {
              const probe = document.body.appendChild(document.createElement('span'));
              const { font } = getComputedStyle(select);
              Object.assign(probe.style, { font, position: 'absolute', whiteSpace: 'nowrap' });
              probe.textContent = select.selectedOptions[0].textContent.trim();
              const wide = probe.getBoundingClientRect().width;
              probe.remove();
              return wide + 24 > select.clientWidth;
            }).map((select) => select.selectedOptions[0].textContent)"""
        )
        assert cut == [], theme
