"""What cannot be used is told where the person is looking, and nothing is lost."""

import json

import pytest
from playwright.sync_api import expect

from engine.user_messages import UserMessage
from tests.browser.test_own_points import count, draw
from tests.support.own_points import button, import_text, open_editor
from tests.support.page import Playground
from tests.support.wording import sentence

KINDS = UserMessage("saved-kinds")


def drop(playground: Playground, name: str, content: str) -> None:
    """Drop a file of a given content, a JavaScript expression, on the page."""
    playground.page.evaluate(
        f"""(name) => {{
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([{content}], name));
          const about = {{ dataTransfer, bubbles: true, cancelable: true }};
          document.querySelector('#plot').dispatchEvent(new DragEvent('drop', about));
        }}""",
        name,
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("film.mp4", "new Uint8Array(50_000_000)", "The file has 50.0 MB"),
        ("photo.jpg", "new Uint8Array([255, 216, 255, 224, 0, 16])", sentence("file-binary", kinds=KINDS)),
        ("empty.json", "''", sentence("file-empty", kinds=KINDS)),
        ("list.json", "'[1, 2, 3]'", sentence("file-no-experiment", value="[1, 2, 3]")),
        (
            "old.json",
            """'{"format": "neural-playground-experiment", "version": 7, "experiment": {}}'""",
            sentence("file-version", value="7", known="1"),
        ),
    ],
)
def test_a_dropped_file_that_is_none_of_ours_is_refused_and_training_goes_on(
    playground: Playground, name: str, content: str, expected: str
) -> None:
    playground.choose("network.activation", "relu")
    playground.train(5)
    epoch, scores = playground.epoch, playground.scores()

    drop(playground, name, content)

    notice = playground['.notice[data-key="passed-over"]']
    expect(notice).to_contain_text(expected)
    expect(notice).to_be_in_viewport()
    assert playground.field("network.activation") == "relu"
    assert (playground.epoch, playground.scores()) == (epoch, scores)


def test_a_file_of_another_version_is_refused_in_the_dialog(playground: Playground) -> None:
    saved = {"format": "neural-playground-experiment", "version": 2, "experiment": {"features": ["x1"]}}
    playground['[data-action="share"]'].click()
    playground["#share-file"].set_input_files(
        {"name": "new.json", "mimeType": "application/json", "buffer": json.dumps(saved).encode()}
    )

    expect(playground["#share-refusal"]).to_contain_text(sentence("file-version", value="2", known="1"))
    expect(playground["#share-refusal"]).to_be_in_viewport()
    assert playground.field("features") == ["x1", "x2"]


def test_a_link_with_garbage_opens_what_it_can(playground: Playground) -> None:
    playground["#share-link"].evaluate("(field) => field.closest('dialog').showModal()")
    for link in ("http://[", "javascript:alert(1)", "#%E0%A4%A", "=&=&=", "\u0000\u0001", "x" * 20_000):
        playground["#share-link"].fill(link)
        playground["#share-link"].press("Enter")
        expect(playground["#share-refusal"]).not_to_be_empty()
        expect(playground["#share"]).to_be_visible()

    playground["#share-link"].fill("#data.noise=many&data.dataset=xor&nothing=1&training.learning_rate=1e999")
    playground["#share-link"].press("Enter")
    expect(playground["#share"]).to_be_hidden()
    expect(playground['.notice[data-key="passed-over"]']).to_contain_text("data.noise")
    playground.until(lambda: playground.field("data.dataset") == "xor", "what the link could say")


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([f"{index % 9},{index % 7},cat" for index in range(40)], "All points are of class 0"),
        (["1,2,cat", "1,2,dog"] * 20, "same place"),
    ],
    ids=["one class only", "all points equal"],
)
def test_points_that_teach_nothing_are_refused_in_the_editor(
    playground: Playground, rows: list[str], verdict: str
) -> None:
    open_editor(playground)
    draw(playground, (-4, 4), (-4, -4))
    drawn = count(playground, 0)
    import_text(playground, "\n".join(["x1,x2,label", *rows]))

    told = playground[".own__part[data-part=import]"]
    expect(told).to_contain_text(verdict)
    button(playground, "back").click()
    assert count(playground, 0) == drawn
