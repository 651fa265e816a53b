"""What people do can be taken back, passed on, kept and opened again."""

import json
import struct
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from engine import Experiment, advance, begin, evaluate
from engine import saved as saved_forms
from engine.saved import tf_playground
from server.cli import train
from server.protocol.frames import decode
from tests.support.page import Playground
from tests.support.wording import sentence

LINK = "activation=relu&batchSize=5&dataset=xor&networkShape=3,3&seed=0.12345&x=true&y=true"


def change(playground: Playground, name: str, value: Any) -> None:
    """Type a whole number into a field."""
    control = playground[f'input[data-field="{name}"]']
    control.fill(str(value))
    control.press("Enter")
    playground.until(lambda: bool(playground.field(name) == value), f"{name} is {value}")


def hash_of(playground: Playground) -> str:
    return str(playground.page.evaluate("decodeURIComponent(location.hash)"))


def go(playground: Playground, fragment: str) -> None:
    """Open the page anew with another address."""
    playground.page.goto("about:blank")
    playground.page.goto(f"{playground.url}/{fragment}")
    playground.connected()


def saved(playground: Playground, kind: str) -> tuple[str, bytes]:
    """Export something; return its file name and content."""
    if not playground["#export"].is_visible():
        playground['[data-action="export"]'].click()
    with playground.page.expect_download() as download:
        playground[f'[data-export="{kind}"]'].click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def saved_as(playground: Playground, kind: str, path: Path) -> tuple[str, Path]:
    """Export something into a file; return the name that the page gives it, and where it is."""
    name, content = saved(playground, kind)
    path.write_bytes(content)
    return name, path


def open_file(playground: Playground, name: str, content: bytes) -> None:
    if not playground["#share"].is_visible():
        playground['[data-action="share"]'].click()
    playground["#share-file"].set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def test_changes_are_taken_back_and_done_again_by_keyboard_and_button(playground: Playground) -> None:
    undo, redo = playground['[data-action="undo"]:visible'], playground['[data-action="redo"]:visible']
    expect(undo).to_be_disabled()
    playground.choose("training.learning_rate", "0.1")
    playground.until(lambda: playground.field("training.learning_rate") == 0.1, "a new rate")
    playground["#regenerate"].click()
    playground.until(lambda: playground.field("data.seed") != 0, "other points")
    seed = playground.field("data.seed")
    playground['[data-action="new-weights"]'].click()
    playground.until(lambda: playground.field("network.seed") != 0, "other weights")

    playground['select[data-field="training.learning_rate"]'].focus()
    playground.page.keyboard.press("Control+z")
    playground.until(lambda: playground.field("network.seed") == 0, "the first weights")
    playground.page.keyboard.press("Control+z")
    playground.until(lambda: playground.field("data.seed") == 0, "the first points")
    undo.click()
    playground.until(lambda: playground.field("training.learning_rate") == 0.03, "the first rate")
    expect(undo).to_be_disabled()

    playground.page.keyboard.press("Control+y")
    playground.page.keyboard.press("Control+Shift+Z")
    playground.until(lambda: bool(playground.field("data.seed") == seed), "the points again")
    assert playground.field("training.learning_rate") == 0.1
    expect(redo).to_be_enabled()


def test_text_that_is_being_written_keeps_its_own_undo(playground: Playground) -> None:
    playground.choose("network.activation", "relu")
    playground.until(lambda: playground.field("network.activation") == "relu", "another activation")

    playground['[data-field="data.seed"]'].click()
    playground.page.keyboard.type("77")
    playground.page.keyboard.press("Control+z")
    playground['[data-action="step"]'].click()

    playground.until(lambda: playground.epoch == 1, "one epoch")
    assert playground.field("network.activation") == "relu"


def test_the_address_describes_the_experiment_and_back_and_reload_bring_it(playground: Playground) -> None:
    playground.choose("training.learning_rate", "0.1")
    playground.set_units(5)
    playground.choose_dataset("spiral")
    assert hash_of(playground) == "#data.dataset=spiral&network.hidden=5,2&training.learning_rate=0.1"
    before = playground.scores()

    playground.page.reload()
    playground.connected()
    assert playground.field("data.dataset") == "spiral"
    assert playground.field("network.hidden") == [5, 2]
    assert playground.scores() == before

    playground.page.go_back()
    playground.until(lambda: playground.field("data.dataset") == "circle", "the circle")
    assert hash_of(playground) == "#network.hidden=5,2&training.learning_rate=0.1"
    playground.page.go_forward()
    playground.until(lambda: playground.field("data.dataset") == "spiral", "the spiral")


def test_an_address_with_mistakes_gives_what_it_can_and_names_the_rest(playground: Playground) -> None:
    go(playground, "#data.noise=0.3&training.learning_rate=fast&sing=1&data.points=own&network.hidden=3")

    notice = playground['[data-key="passed-over"]']
    expect(notice).to_contain_text("training.learning_rate is 'fast'; it must be a number, 0 … 10.")
    expect(notice).to_contain_text("sing is not known")
    expect(playground['[data-key="own-points"]']).to_contain_text("stay in the browser where they were made")
    assert playground.field("data.noise") == 0.3
    assert playground.field("network.hidden") == [3]
    assert hash_of(playground) == "#data.noise=0.3&network.hidden=3"


def test_a_link_of_the_original_opens_and_its_seed_can_be_left(playground: Playground) -> None:
    go(playground, f"#{LINK}")

    run = tf_playground.begin_link(LINK)
    assert Experiment.model_validate(playground.experiment) == run.experiment
    assert playground.scores()["test"] == pytest.approx(evaluate(run).test_loss[0], abs=1e-4)
    expect(playground["#classic-seed"]).to_contain_text("Seed of the original: 0.12345")
    playground['[data-action="share"]'].click()
    expect(playground["#share-classic"]).to_have_value(
        f"https://playground.tensorflow.org/#{tf_playground.to_link(run.experiment)}"
    )
    playground.page.keyboard.press("Escape")

    playground.open_all()
    playground["#leave-seed"].click()
    playground.until(lambda: playground.field("data.classic_seed") is None, "no seed of the original")
    expect(playground["#classic-seed"]).to_be_hidden()
    playground['[data-action="share"]'].click()
    expect(playground["#share-classic-lack"]).to_contain_text("no seed of the original")


def test_an_address_is_copied_and_a_pasted_link_opens(playground: Playground) -> None:
    playground.page.context.grant_permissions(["clipboard-write"])
    playground.choose_dataset("xor")
    playground['[data-action="share"]'].click()
    expect(playground["#share-address"]).to_have_value(f"{playground.url}/#data.dataset=xor")
    playground['[data-copy="share-address"]'].click()
    expect(playground["#share-copied"]).to_have_text("Copied.")
    playground["#share-link"].press("ControlOrMeta+v")  # the page itself may not read the clipboard
    expect(playground["#share-link"]).to_have_value(f"{playground.url}/#data.dataset=xor")

    playground["#share-link"].fill("https://example.org/")
    playground["#share-link"].press("Enter")
    expect(playground["#share-refusal"]).to_have_text(sentence("link-empty"))
    playground["#share-link"].fill(f"https://elsewhere.example/#{LINK}")
    playground["#share-link"].press("Enter")
    playground.until(lambda: playground.field("network.hidden") == [3, 3], "the original's network")
    expect(playground["#share"]).to_be_hidden()

    playground.page.go_back()
    playground.until(lambda: playground.field("network.hidden") == [4, 2], "what was before")


def test_a_trained_network_is_kept_and_opened_again(playground: Playground) -> None:
    playground.choose("network.activation", "relu")
    playground.set_units(6)
    playground.train(60)
    trained = playground.scores()
    name, content = saved(playground, "network")
    assert name == f"playground-circle-epoch-{playground.epoch}-network.safetensors"
    metadata, tensors = decode(content)
    assert Experiment.model_validate_json(metadata["experiment"]).network.hidden == (6, 2)
    assert tensors["parameters"].shape == (6 * 3 + 2 * 7 + 3,)

    playground.page.keyboard.press("Escape")
    playground.choose_dataset("spiral")
    open_file(playground, name, content)

    expect(playground['[data-key="opened"]']).to_contain_text("the weights it had after epoch")
    playground.until(lambda: playground.scores() == trained, "the losses of the trained network")
    assert playground.field("data.dataset") == "circle"
    assert playground.epoch == 0
    _, again = saved(playground, "network")
    assert np.array_equal(decode(again)[1]["parameters"], tensors["parameters"])


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Give something saved to the command that trains; what it returns is the last line that it prints."""

    def command(source: Path | str, *options: str) -> dict[str, Any]:
        train.main([str(source), "--epochs", "0", *options])
        printed = capsys.readouterr()
        assert printed.err == ""
        return dict(json.loads(printed.out.splitlines()[-1]))

    return command


def test_what_the_page_saves_the_command_reads(
    playground: Playground, command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    playground.open_all()
    playground.choose_dataset("spiral")
    playground.choose("training.optimizer", "adam")
    playground.set_units(5)
    playground.train(5)
    shown = Experiment.model_validate(playground.experiment)
    _, network = saved_as(playground, "network", tmp_path / "network.safetensors")
    _, experiment = saved_as(playground, "experiment", tmp_path / "experiment.json")
    again = tmp_path / "again.safetensors"
    of_network = command(network, "--save", str(again))

    metadata, tensors = decode(network.read_bytes())
    expected, _ = advance(begin(shown), steps=int(metadata["step"]))  # a pause may come inside of an epoch
    assert np.array_equal(tensors["parameters"], expected.parameters[0])
    assert np.array_equal(decode(again.read_bytes())[1]["parameters"], expected.parameters[0])
    assert (of_network["epoch"], of_network["step"]) == (expected.epoch, expected.step)
    for final in (of_network, command(experiment), command(playground.page.url)):
        assert Experiment.model_validate(final["experiment"]) == shown
        assert final["address"] == hash_of(playground)


def test_what_the_command_saves_the_page_opens(
    playground: Playground, command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    address = "#data.dataset=xor&network.hidden=3&training.learning_rate=0.1"
    network, experiment = tmp_path / "run.safetensors", tmp_path / "experiment.json"
    trained, _ = advance(saved_forms.read(address).run(), epochs=7)
    (tmp_path / "start.safetensors").write_bytes(saved_forms.write_network(trained))
    command(tmp_path / "start.safetensors", "--save", str(network))
    final = command(address, "--save", str(experiment))

    open_file(playground, network.name, network.read_bytes())
    expect(playground['[data-key="opened"]']).to_be_visible()
    playground.until(
        lambda: playground.scores()["test"] == pytest.approx(evaluate(trained).test_loss[0], abs=1e-4),
        "the losses of the network",
    )
    _, again = saved_as(playground, "network", tmp_path / "again.safetensors")

    assert np.array_equal(decode(again.read_bytes())[1]["parameters"], trained.parameters[0])
    assert Experiment.model_validate(playground.experiment) == trained.experiment
    playground.page.keyboard.press("Escape")
    playground.choose_dataset("circle")
    open_file(playground, experiment.name, experiment.read_bytes())
    playground.until(lambda: playground.field("data.dataset") == "xor", "the file's experiment")
    assert Experiment.model_validate(playground.experiment) == trained.experiment
    go(playground, final["address"])
    assert Experiment.model_validate(playground.experiment) == trained.experiment


def test_links_of_the_original_go_through_the_command_and_back(
    playground: Playground, command: Callable[..., dict[str, Any]]
) -> None:
    final = command(f"https://playground.tensorflow.org/#{LINK}")

    go(playground, final["original"])

    assert playground.experiment == final["experiment"]
    playground['[data-action="share"]'].click()
    expect(playground["#share-classic"]).to_have_value(
        f"https://playground.tensorflow.org/{final['original']}"
    )


def test_a_mangled_link_opens_as_it_was_meant_and_what_is_passed_over_is_named(
    playground: Playground,
) -> None:
    go(playground, "#" + LINK.replace("&", "&amp;") + "&amp;sing=1&amp;regularization=L7")

    assert playground.experiment == tf_playground.to_experiment(LINK).model_dump(mode="json")
    notice = playground['[data-key="passed-over"]']
    expect(notice).to_contain_text("sing is not known")
    expect(notice).to_contain_text("regularization is 'L7'")


def test_an_experiment_is_kept_and_opened_by_dropping_it(playground: Playground) -> None:
    playground.choose_dataset("blobs")
    name, content = saved(playground, "experiment")
    assert json.loads(content)["format"] == "neural-playground-experiment"
    playground.page.keyboard.press("Escape")
    playground.choose_dataset("circle")

    drop(playground.page, name, content.decode())
    playground.until(lambda: playground.field("data.dataset") == "blobs", "the blobs")

    drop(playground.page, "diary.txt", "Dear diary")
    expect(playground['[data-key="passed-over"]']).to_contain_text("neither JSON nor a link")
    assert playground.field("data.dataset") == "blobs"


def drop(page: Page, name: str, text: str) -> None:
    """Drop a file on the page, as if from the desktop."""
    page.evaluate(
        """([name, text]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([text], name));
          const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
          document.querySelector('#plot').dispatchEvent(event);
        }""",
        [name, text],
    )


def test_pictures_and_numbers_are_exported_in_light_colours(visit: Callable[..., Playground]) -> None:
    playground = visit(scheme="dark")
    playground.train(5)
    epoch = playground.epoch

    name, losses = saved(playground, "losses")
    rows = losses.decode().splitlines()
    assert name == f"playground-circle-epoch-{epoch}-losses.csv"
    assert rows[0] == "epoch,training_loss,test_loss"
    assert len(rows) == epoch + 2
    assert float(rows[-1].split(",")[2]) == pytest.approx(playground.scores()["test"], abs=1e-4)

    _, svg = saved(playground, "map-svg")
    assert svg.count(b"<path") == 250
    assert b"data:image/png;base64," in svg
    assert b'fill="rgb(8 119 189)"' in svg  # the blue of the light theme
    _, chart = saved(playground, "chart-svg")
    assert b">test</text>" in chart
    for kind, size in (("map-png", (1000, 1000)), ("chart-png", (1200, 600))):
        _, png = saved(playground, kind)
        assert struct.unpack(">II", png[16:24]) == size
        assert corner(playground.page, png) == [255, 255, 255, 255]


def corner(page: Page, png: bytes) -> list[int]:
    """Return the first pixel of a picture."""
    colour: list[int] = page.evaluate(
        """async (base64) => {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          const context = new OffscreenCanvas(1, 1).getContext('2d');
          context.drawImage(bitmap, 0, 0);
          return Array.from(context.getImageData(0, 0, 1, 1).data);
        }""",
        b64encode(png).decode(),  # a list of numbers would take a minute
    )
    return colour


def test_code_is_shown_kept_and_refused_in_words(playground: Playground) -> None:
    playground['[data-action="export"]'].click()
    playground["#export-code summary"].click()

    expect(playground["#export-preview"]).to_contain_text("import numpy as np")
    with playground.page.expect_download() as download:
        playground["#export-keep"].click()
    assert download.value.suggested_filename == "playground-circle-epoch-0-numpy.py"
    playground.page.keyboard.press("Escape")

    playground['[data-action="export"]'].click()
    playground["#export-language"].select_option("scikit-learn")
    expect(playground["#export-refusal"]).to_contain_text("objective.loss is 'half-squared-error'")
    expect(playground["#export-keep"]).to_be_disabled()


def test_a_link_of_the_original_with_nonsense_is_refused_in_words(playground: Playground) -> None:
    playground['[data-action="share"]'].click()
    playground["#share-link"].fill(
        "https://playground.tensorflow.org/#activation=tanh&batchSize=many&dataset=circle"
    )
    playground["#share-link"].press("Enter")

    expect(playground["#share-refusal"]).to_contain_text("batchSize")
    expect(playground["#share"]).to_be_visible()
