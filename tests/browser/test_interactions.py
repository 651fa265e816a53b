"""What one does with the picture itself, on every screen: look at a unit, set a weight, read a curve, take it back."""

import csv
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from engine import Experiment, advance, begin, evaluate
from server.protocol.frames import decode
from tests.browser.test_keeping import saved
from tests.support.page import SIZES, Playground

LINK = """() => {
  const link = document.querySelector('.diagram__link');
  const middle = link.getPointAtLength(link.getTotalLength() * 0.3);
  const at = new DOMPoint(middle.x, middle.y).matrixTransform(link.getScreenCTM());
  return [at.x, at.y];
}"""


@pytest.fixture(params=SIZES)
def screen(request: pytest.FixtureRequest, visit: Callable[..., Playground]) -> Playground:
    """The page at every size; with a finger on a phone."""
    size = str(request.param)
    return visit(size, touch=size == "phone")


def is_touched(screen: Playground) -> bool:
    return bool(screen.page.evaluate("matchMedia('(pointer: coarse)').matches"))


def press(screen: Playground, x: float, y: float) -> None:
    if is_touched(screen):
        screen.page.touchscreen.tap(x, y)
    else:
        screen.page.mouse.click(x, y)


def beside(screen: Playground) -> tuple[float, float]:
    """Return a place on the screen where nothing is to be pressed: over the heading of the features."""
    box = screen[".network__features .heading"].bounding_box()
    assert box is not None
    return box["x"] + 2, box["y"] + 2


def press_link(screen: Playground) -> None:
    screen[".diagram__links"].scroll_into_view_if_needed()
    press(screen, *screen.page.evaluate(LINK))
    expect(screen["#editor-value"]).to_be_visible()


def point_at(screen: Playground, target: Locator) -> None:
    if is_touched(screen):
        target.tap()
    else:
        target.hover()


def test_a_unit_is_looked_at_wherever_the_map_is(screen: Playground) -> None:
    output = screen.map()
    unit = screen.hidden_units().first
    unit.scroll_into_view_if_needed()

    point_at(screen, unit)

    screen.until(lambda: bool((screen.map() != output).any()), "the unit's map")
    expect(screen["#map-caption"]).to_have_text("Unit 1 of layer 1")
    # Where the map is out of sight, a small copy of it is not.
    in_sight = screen["#map"].evaluate(
        """(map) => new Promise((resolve) => {
          new IntersectionObserver(([entry], self) => {
            self.disconnect();
            resolve(entry.intersectionRatio >= 0.4);
          }).observe(map);
        })"""
    )
    expect(screen["#lens"]).to_be_visible(visible=not in_sight)
    if not in_sight:
        expect(screen["#lens"]).to_be_in_viewport(ratio=1)
        expect(screen["#lens"]).to_have_text("Unit 1 of layer 1")


def test_a_feature_is_looked_at(playground: Playground) -> None:
    output = playground.map()

    playground['.feature:has([value="x1²"])'].hover()

    playground.until(lambda: bool((playground.map() != output).any()), "the feature's map")
    assert playground.field("features") == ["x1", "x2"]


def test_a_weight_is_set_by_leaving_it_and_taken_back(screen: Playground) -> None:
    screen.open_all()
    scores = screen.scores()

    press_link(screen)
    editor = screen["#editor-value"]
    expect(editor).to_be_visible()
    expect(screen["#editor-title"]).to_contain_text("weight", ignore_case=True)
    before = editor.input_value()
    editor.fill("-3,25")
    press(screen, *beside(screen))

    expect(screen["#editor"]).to_be_hidden()
    screen.until(lambda: screen.scores() != scores, "other losses at once")
    assert screen.epoch == 0
    press_link(screen)
    expect(editor).to_have_value("−3.250")
    screen.page.keyboard.press("Escape")

    screen['[data-action="undo"]:visible'].click()
    screen.until(lambda: screen.scores() == scores, "the losses before")
    press_link(screen)
    expect(editor).to_have_value(before)
    screen.page.keyboard.press("Escape")
    screen['[data-action="redo"]:visible'].click()
    screen.until(lambda: screen.scores() != scores, "the losses with the weight")


def test_the_bias_of_the_output_is_set_and_follows_the_training(playground: Playground) -> None:
    cursor, editor = playground[".diagram__cursor"], playground["#editor-value"]
    cursor.focus()
    playground.page.keyboard.press("End")
    expect(cursor).to_have_attribute("aria-label", re.compile("output", re.IGNORECASE))
    playground.page.keyboard.press("Enter")
    expect(editor).to_have_value("0.100")

    playground['#editor [data-nudge="0.1"]'].click()
    expect(editor).to_have_value("0.200")
    _, content = decode(saved_later(playground))
    assert content["parameters"][-1] == 0.2

    # While nobody types, what is shown is what the training has made of it.
    playground.page.keyboard.press("Escape")
    cursor.focus()
    playground.page.keyboard.press("Enter")
    playground["#step"].dispatch_event("click")
    expect(editor).not_to_have_value("0.200")


def saved_later(playground: Playground) -> bytes:
    """Return the network as a file once the page has the newest numbers."""
    playground.settle()
    content = saved(playground, "network")[1]
    playground.page.keyboard.press("Escape")
    return content


def finish_epoch(screen: Playground) -> None:
    """Go on to the end of an epoch: a pause may fall between, where what is shown now is not yet in the curves."""
    epoch = screen.epoch
    screen["#step"].click()
    screen.until(lambda: screen.epoch == epoch + 1, "one epoch more")
    screen.settle()


def test_the_curves_are_read_by_pointer_at_both_ends(screen: Playground) -> None:
    screen.train(30)
    finish_epoch(screen)
    chart = screen[".chart__cursor"]
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None

    def read(share: float) -> str:
        press(screen, box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        return screen["#loss-readout"].inner_text()

    first, last = read(0.02), read(0.995)
    assert first.startswith("Epoch 0:")
    assert last.startswith(f"Epoch {screen.epoch}:")
    reading = re.search(r"test ([\d.]+),", last)
    assert reading is not None
    # The score has four decimals, the reading more.
    assert float(reading.group(1)) == pytest.approx(screen.scores()["test"], rel=0, abs=0.5001e-4)


def test_points_drawn_anew_can_be_taken_back(playground: Playground) -> None:
    scores, seed = playground.scores(), playground.field("data.seed")
    playground.page.keyboard.press("g")
    playground.until(lambda: playground.field("data.seed") != seed, "another seed")
    playground.until(lambda: playground.scores() != scores, "other losses")

    playground.page.keyboard.press("Control+z")

    playground.until(lambda: playground.field("data.seed") == seed, "the seed before")
    playground.until(lambda: playground.scores() == scores, "the points before")


def test_a_pasted_table_is_read(playground: Playground) -> None:
    playground['[data-action="own-points"]'].click()
    playground["#own .own__board"].evaluate(
        """(board) => {
          const clipboardData = new DataTransfer();
          const rows = Array.from({ length: 30 }, (_, i) => `${i % 5}\\t${i % 7}\\t${i % 2}`);
          clipboardData.setData('text', rows.join('\\n'));
          board.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )

    expect(playground["#own .own__name"]).to_contain_text("30 points")


def test_what_is_downloaded_says_what_the_engine_says(playground: Playground, tmp_path: Path) -> None:
    playground.choose("network.activation", "relu")
    playground.until(lambda: playground.field("network.activation") == "relu", "ReLU")
    playground["#speed"].select_option("4")
    playground.train(20)
    finish_epoch(playground)
    epoch = playground.epoch
    run, report = advance(begin(Experiment.model_validate(playground.experiment)), epochs=epoch)

    _, text = saved(playground, "losses")
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [int(row["epoch"]) for row in rows] == list(range(epoch + 1))
    # Of many epochs in one frame, 33 bits of each loss travel.
    assert [float(row["test_loss"]) for row in rows[1:]] == pytest.approx(
        report.test_loss[0].tolist(), rel=1e-9
    )
    assert [float(row["training_loss"]) for row in rows[1:]] == pytest.approx(
        report.train_loss[0].tolist(), rel=1e-9
    )

    _, network = saved(playground, "network")
    metadata, tensors = decode(network)
    assert metadata["epoch"] == str(epoch)
    assert np.array_equal(tensors["parameters"], run.parameters[0])
    _, experiment = saved(playground, "experiment")
    assert Experiment.model_validate(json.loads(experiment)["experiment"]) == run.experiments[0]
    for kind in ("map-svg", "chart-svg"):
        _, svg = saved(playground, kind)
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"

    playground["#export-code summary"].click()
    expect(playground["#export-preview"]).to_contain_text("import numpy")
    with playground.page.expect_download() as download:
        playground["#export-keep"].click()
    script = tmp_path / "script.py"
    script.write_bytes(Path(download.value.path()).read_bytes())
    printed = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120, cwd=tmp_path
    ).stdout
    last = printed.strip().splitlines()[-1].split()
    final, shown = evaluate(run), playground.scores()
    for name, printed_loss, loss in (
        ("train", last[4], final.train_loss[0]),
        ("test", last[7], final.test_loss[0]),
    ):
        assert float(printed_loss) == pytest.approx(float(loss), abs=1e-9)
        assert shown[name] == pytest.approx(float(loss), abs=5.1e-5)
