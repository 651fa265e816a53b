"""Points of one's own: drawn, imported, used, and never lost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.own_points import button, drop, import_text, open_editor, take, used
from tests.support.page import SIZES, Playground


def place(playground: Playground, x1: float, x2: float) -> tuple[float, float]:
    """Return where a point of the plane is on the screen."""
    box = playground[".own__board"].bounding_box()
    assert box is not None
    return box["x"] + (x1 + 6) / 12 * box["width"], box["y"] + (6 - x2) / 12 * box["height"]


def draw(playground: Playground, *path: tuple[float, float]) -> None:
    """Drag the pointer from point to point of the plane."""
    mouse = playground.page.mouse
    mouse.move(*place(playground, *path[0]))
    mouse.down()
    for point in path[1:]:
        mouse.move(*place(playground, *point), steps=8)
    mouse.up()


def count(playground: Playground, label: int) -> int:
    return int(playground[".own__count"].nth(label).inner_text().replace(",", ""))


def test_two_drawn_classes_are_learned(playground: Playground) -> None:
    open_editor(playground)
    expect(button(playground, "use")).to_be_disabled()
    expect(playground["#own-verdict"]).to_contain_text("At least 10 points are needed")
    draw(playground, (-4, 4), (-4, -4))
    expect(playground["#own-verdict"]).to_contain_text("All points are of class 0")
    playground.page.keyboard.press("1")
    draw(playground, (4, 4), (4, -4))

    button(playground, "use").click()

    points = used(playground)
    assert {target for x1, _, target in points if x1 == -4} == {1}
    assert {target for x1, _, target in points if x1 == 4} == {-1}
    assert len(points) > 40
    assert playground.field("data.samples") == len(points)
    playground.train(60)
    assert (playground.colour_at(-4, 0), playground.colour_at(4, 0)) == ("blue", "orange")
    expect(playground['input[name="dataset"][value="own"]']).to_be_checked()


def test_an_editor_that_does_not_come_is_said_and_comes_at_the_next_try(playground: Playground) -> None:
    script = "**/js/page/editor.js"
    playground.page.route(script, lambda route: route.abort())

    playground['[data-action="own-points"]'].click()

    notice = playground['.notice[data-key="own"]']
    expect(notice).to_contain_text("did not load")
    expect(playground["#own"]).to_be_hidden()
    playground.page.unroute(script)
    open_editor(playground)
    assert all("page/editor.js" in problem or "ERR_FAILED" in problem for problem in playground.problems)
    playground.problems.clear()


def test_by_keyboard_alone_with_undo(playground: Playground) -> None:
    press = playground.page.keyboard.press
    live = playground[".own__live"]
    press("d")
    expect(playground[".own__board"]).to_be_focused()

    press("Space")
    press("Shift+ArrowRight")
    expect(live).to_have_text("x1 1.0, x2 0.0, 1 point.")
    press("3")
    expect(live).to_have_text("Class 3.")
    press("Space")
    press("ArrowUp")
    press("Enter")
    assert (count(playground, 0), count(playground, 3)) == (1, 2)
    press("Delete")
    assert count(playground, 3) == 1
    press("Control+z")
    assert count(playground, 3) == 2
    press("Control+Shift+z")
    assert count(playground, 3) == 1
    press("s")
    press("Space")
    assert count(playground, 3) > 5
    press("e")
    press("Space")

    assert (count(playground, 0), count(playground, 3)) == (1, 0)
    press("Escape")
    expect(playground["#own"]).to_be_hidden()
    press("d")
    assert count(playground, 0) == 1


def test_a_finger_draws_and_nothing_scrolls(visit: Callable[..., Playground]) -> None:
    playground = visit("phone", touch=True)
    playground.open_all()
    open_editor(playground)
    session = playground.page.context.new_cdp_session(playground.page)
    before = playground.page.evaluate("[scrollY, document.querySelector('#own').scrollTop]")

    def touch(kind: str, *point: float) -> None:
        x, y = place(playground, *point) if point else (0.0, 0.0)
        points = [{"x": x, "y": y}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -3, 5)
    for step in range(1, 11):
        touch("touchMove", -3, 5 - step)
    touch("touchEnd")

    playground.until(lambda: count(playground, 0) >= 30, "a line of points")
    assert playground.page.evaluate("[scrollY, document.querySelector('#own').scrollTop]") == before


def test_a_table_with_words_and_mistakes(playground: Playground) -> None:
    rows = [f"{index};{index % 7},5;{'cat' if index % 2 else 'dog'}" for index in range(40)]
    open_editor(playground)
    import_text(playground, "\n".join(["width;height;kind", *rows, "3;abc;cat"]))

    expect(playground[".own__faults"]).to_contain_text("Line 42: ‘abc’ is not a number in column height")
    expect(playground[".own__mapping li"]).to_have_count(2)
    expect(playground[".own__mapping"]).to_contain_text("cat is class 1, 20 points")
    formula = playground['[data-wish="fit"] .own__formula']
    expect(formula).to_have_text("x1 becomes (x1 − 19.5) × 0.25641; x2 becomes (x2 − 3.5) × 1.6667.")
    take(playground)

    points = used(playground)
    assert len(points) == 40
    assert points[0] == [-5, -5, 1]
    assert points[39][0] == 5
    assert sum(target for _, _, target in points) == 0
    playground.train(5)


def test_files_that_cannot_be_read_are_told_and_nothing_is_lost(playground: Playground) -> None:
    open_editor(playground)
    draw(playground, (-4, 4), (-4, -4))
    drawn = count(playground, 0)
    problem = playground[".own__problem"]

    drop(playground, "large.csv", "'1,2,3\\n'.repeat(1_000_000)")
    expect(problem).to_have_text("large.csv has 6 MB: at most 5 MB can be read.")
    drop(playground, "photo.csv", "new Uint8Array([137, 80, 78, 71, 0, 0, 1])")
    expect(problem).to_contain_text("photo.csv")
    expect(button(playground, "take")).to_be_disabled()
    drop(playground, "words.csv", "'a,b,c\\nd,e,f\\n'")
    expect(problem).to_contain_text("words.csv: Two columns of numbers are needed")
    expect(button(playground, "take")).to_be_disabled()
    drop(
        playground,
        "long.csv",
        "Array.from({ length: 100_000 }, (_, i) => `${i % 11},${i % 7},${i % 3}\\n`).join('')",
    )
    expect(playground['[data-wish="pick"]']).to_contain_text("100,000 rows are more than 5,000")
    expect(playground[".own__outcome"]).to_contain_text("5,000 of 100,000 rows")

    button(playground, "back").click()
    assert count(playground, 0) == drawn
    playground.page.reload()
    playground.connected()
    open_editor(playground)
    assert count(playground, 0) == drawn


def test_a_dataset_and_back_again(playground: Playground) -> None:
    playground.open_all()
    playground.slide("data.minority_share", 0.2)
    playground.slide("data.noise", 0.3)
    open_editor(playground)
    button(playground, "present").click()
    button(playground, "use").click()

    points = used(playground)
    assert len(points) == 500
    assert playground.field("data.minority_share") == 0
    expect(playground["#toasts"]).to_contain_text("minority share is off")
    samples = playground['input[data-field="data.samples"]']
    expect(samples).to_be_disabled()
    expect(samples).to_have_attribute("aria-valuetext", "500")
    for name in ("data.noise", "data.minority_share"):
        expect(playground[f'[data-field="{name}"]']).to_be_hidden()
    playground.choose("training.stop", "early-stopping")
    playground.slide("data.train_fraction", 0.9)
    playground.until(lambda: playground.field("data.train_fraction") == 0.9, "shares")
    playground["#step"].click()
    playground.until(lambda: playground.epoch == 1, "one epoch")

    playground['input[name="dataset"][value="xor"]'].check(force=True)
    playground.until(lambda: playground.field("data.points") is None, "a data set")
    expect(samples).to_be_enabled()
    expect(playground['[data-field="data.noise"]']).to_be_visible()

    playground['input[name="dataset"][value="own"]'].check(force=True)
    assert used(playground) == points
    assert playground['[role="alert"]'].count() == 0


def test_values_become_a_regression_and_more_classes_many(playground: Playground) -> None:
    open_editor(playground)
    playground['[name="own-kind"][value="values"]'].check(force=True)
    playground["#own-value"].fill("0.5")
    draw(playground, (-4, 4), (4, 4))
    playground["#own-value"].fill("-0.5")
    draw(playground, (-4, -4), (4, -4))
    button(playground, "use").click()

    assert {target for _, x2, target in used(playground) if x2 > 0} == {0.5}
    expect(playground["#problem"]).to_have_value("regression")
    playground.train(20)

    open_editor(playground)
    rows = [f"{index % 11 - 5},{index % 7 - 3},group {index % 6}" for index in range(60)]
    import_text(playground, "\n".join(rows))
    take(playground)

    expect(playground[".unit--output"]).to_have_count(6)
    assert playground.field("data.point_classes") == 6
    assert playground.field("objective.loss") == "softmax-cross-entropy"
    assert {target for _, _, target in playground.field("data.points")} == set(range(6))
    playground["#step"].click()
    playground.until(lambda: playground.epoch == 1, "one epoch")


def test_the_largest_set_reaches_the_server_and_sliders_stay_smooth(playground: Playground) -> None:
    rows = [f"{-999.9 + index / 7:.4f},{999.9 - index / 9:.4f},{index / -6:.5f}" for index in range(5000)]
    open_editor(playground)
    drop(playground, "many.csv", json.dumps("\n".join(["x1,x2,value", *rows])))
    playground['[name="own-fit"][value="keep"]'].check()
    playground['[name="own-fit-values"][value="keep"]'].check()
    take(playground)
    assert len(used(playground)) == 5000

    worst: float = playground.page.evaluate(
        """async () => {
          const slider = document.querySelector('input[data-field="training.batch_size"]');
          let worst = 0;
          for (let step = 0; step < 30; step++) {
            slider.value = String(step % 19);
            const start = performance.now();
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            worst = Math.max(worst, performance.now() - start);
            await new Promise(requestAnimationFrame);
          }
          return worst;
        }"""
    )

    assert worst < 100
    expect(playground["html"]).to_have_attribute("data-connection", "open")
    assert playground['[role="alert"]'].count() == 0


def test_what_is_exported_can_be_imported(playground: Playground, tmp_path: Path) -> None:
    open_editor(playground)
    draw(playground, (-4, 4), (-4, -4))
    playground.page.keyboard.press("2")
    draw(playground, (4, 4), (4, -4))
    before = [count(playground, label) for label in range(6)]
    with playground.page.expect_download() as download:
        button(playground, "export").click()
    path = tmp_path / "points.csv"
    download.value.save_as(path)
    assert path.read_text().startswith("x1,x2,label\n-4,4,0\n")

    button(playground, "clear").click()
    assert count(playground, 0) == 0
    button(playground, "table").click()
    playground["#own-file"].set_input_files(path)
    button(playground, "take").click()

    assert [count(playground, label) for label in range(6)] == before


@pytest.mark.parametrize("size", SIZES)
def test_the_editor_fits(visit: Callable[..., Playground], size: str) -> None:
    playground = visit(size, touch=size == "phone")
    playground.open_all()
    open_editor(playground)

    def measure() -> Any:
        return playground.page.evaluate(
            """() => {
              const dialog = document.querySelector('#own');
              const box = (element) => element.getBoundingClientRect();
              return {
                wide: [document.documentElement, dialog].map((e) => e.scrollWidth - e.clientWidth),
                small: [...dialog.querySelectorAll('button, input, label.check, select, summary, textarea')].map(box)
                  .filter(({ width, height }) => width > 20 && height > 0 && height < 43.5).length,
              };
            }"""
        )

    for _ in range(2):
        measured = measure()
        assert max(measured["wide"]) <= 0, json.dumps(measured)
        assert size != "phone" or measured["small"] == 0
        assert button(playground, "use").or_(button(playground, "take")).locator("visible=true").is_visible()
        if button(playground, "table").is_visible():
            import_text(playground, "1,2,a long label that nobody needs\n3000,4,b\n5,6")
            expect(playground[".own__questions"]).to_be_visible()
            playground[".own__summary"].click()
