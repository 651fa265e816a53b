"""The editor of own points, in the words of someone who uses it."""

from playwright.sync_api import Locator, expect

from tests.support.page import Playground


def open_editor(playground: Playground) -> None:
    playground['[data-action="own-points"]'].click()
    expect(playground["#own"]).to_be_visible()


def button(playground: Playground, name: str) -> Locator:
    return playground[f'#own [data-own="{name}"]']


def import_text(playground: Playground, text: str) -> None:
    button(playground, "table").click()
    playground["#own-text"].fill(text)


def take(playground: Playground) -> None:
    button(playground, "take").click()
    button(playground, "use").click()
    expect(playground["#own"]).to_be_hidden()


def used(playground: Playground) -> list[list[float]]:
    playground.until(lambda: playground.field("data.points") is not None, "own points")
    points: list[list[float]] = playground.field("data.points")
    return points


def drop(playground: Playground, name: str, content: str, target: str = "#own .own__board") -> None:
    """Drop a file of a given content, a JavaScript expression, on an element."""
    playground.page.evaluate(
        f"""([name, selector]) => {{
          const transfer = new DataTransfer();
          transfer.items.add(new File([{content}], name));
          const about = {{ dataTransfer: transfer, bubbles: true, cancelable: true }};
          const target = document.querySelector(selector);
          target.dispatchEvent(new DragEvent('dragover', about));
          target.dispatchEvent(new DragEvent('drop', about));
        }}""",
        [name, target],
    )
