"""Languages, in the page: nothing is left untranslated, and whoever chooses one keeps it."""

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from engine.registries.losses import PROBLEMS
from engine.schema import REGISTRIES
from server.i18n import SENTENCES, Text, bundled
from server.protocol.localized_catalog import catalog_texts
from tests.support.live_server import LiveServer, live_server
from tests.support.page import SIZES, Playground, open_playground

PSEUDO = "en-XA"
"""A language that nobody speaks: English with an accent on every letter. What has none is not from its file."""

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = str.maketrans(_PLAIN, "áƀçđéƒğħíĵķłɱñóƥɋŕšŧúṽŵẋýžÁƁÇĐÉƑĞĦÍĴĶŁṀÑÓƤɊŔŠŦÚṼŴẊÝŽ")

NAMES = {
    *("Neural", "Playground", "TensorFlow", "NumPy", "PyTorch", "Keras", "scikit", "learn"),
    *("JSON", "CSV", "PNG", "SVG", "safetensors", "MB", "https"),
}
"""Words that are the same in every language."""

KEYS = {
    word
    for registry in (*REGISTRIES.values(), PROBLEMS)
    for key in registry
    for word in re.findall(r"[A-Za-z]{2,}", key)
} | {"label"}
"""Names as experiments and tables spell them; errors quote them."""

COLLECT = """(place) => {
  const said = [...globalThis.drawnTexts];
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) said.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches('script, style, noscript, [translate="no"]')) return;
    for (const name of ['aria-label', 'aria-valuetext', 'aria-roledescription', 'title', 'placeholder', 'alt', 'label'])
      if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    for (const pseudo of ['::before', '::after']) {
      const { content } = getComputedStyle(node, pseudo);
      if (content.startsWith('"')) said.push(content.slice(1, -1));
    }
    node.childNodes.forEach(look);
  };
  look(document.querySelector(place));
  return said;
}"""

# What is drawn on a canvas is text, too.
RECORD_DRAWN = """
  globalThis.drawnTexts = new Set();
  const fillText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    globalThis.drawnTexts.add(text);
    return fillText.call(this, text, ...place);
  };
"""


def _accented(text: Text) -> Text:
    if not isinstance(text, str):
        return {form: str(_accented(one)) for form, one in text.items()}
    parts = re.split(r"(\{\w+\})", text)
    return "".join(part if part.startswith("{") else part.translate(_ACCENTED) for part in parts)


def _nested(texts: dict[str, Text]) -> dict[str, Any]:
    """Return a file's sections; below them names may stay dotted."""
    sections: dict[str, Any] = {}
    for name, text in texts.items():
        section, _, rest = name.partition(".")
        sections.setdefault(section, {})[rest] = _accented(text)
    return sections


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with two languages more: one that nobody speaks, and one with a decimal comma."""
    folder = tmp_path_factory.mktemp("languages")
    english = bundled()["en"]
    texts: dict[str, Text] = {
        **{name: english.texts[name] for name in english.own},
        **{f"messages.{key}": text for key, text in SENTENCES.items()},
        **catalog_texts(),
    }
    pseudo = {"name": "Accents", "numbers": english.numbers.model_dump(), **_nested(texts)}
    comma = {"name": "Deutsch", "numbers": {"decimal": ",", "group": ".", "percent": "{number} %"}}
    (folder / f"{PSEUDO}.json").write_text(json.dumps(pseudo), "utf-8")
    (folder / "de.json").write_text(json.dumps(comma), "utf-8")
    with live_server(environment={**os.environ, "PLAYGROUND_LANGUAGES": str(folder)}) as server:
        yield server


@pytest.fixture
def speak(browser: Browser, speaking: LiveServer) -> Iterator[Callable[..., Playground]]:
    visited: list[Playground] = []

    def speak(language: str, size: str = "wide", fragment: str = "") -> Playground:
        visited.append(
            open_playground(
                browser, speaking.url, size, language=language, script=RECORD_DRAWN, fragment=fragment
            )
        )
        return visited[-1]

    yield speak
    for playground in visited:
        assert playground.problems == []
        playground.page.context.close()


def plain_words(playground: Playground, place: str = "body") -> set[str]:
    """Return what people read in a place of the page now in letters without accents."""
    found = set()
    for text in playground.page.evaluate(COLLECT, place):
        left = re.sub(r"\b[a-z0-9][a-z0-9_]*(\.[a-z0-9_]+)+\b", "", text)  # names of fields and files
        left = re.sub(r"'[^']*'|\"[^\"]*\"", "", left)  # what somebody typed, as it is quoted
        for word in re.findall(r"(?<![^\W\d_])[A-Za-z]{2,}(?![^\W\d_])", left):
            if word not in NAMES | KEYS:
                found.add(f"{word}: {text.strip()[:120]}")
    return found


def test_no_text_of_the_page_is_outside_its_language(speak: Callable[..., Playground]) -> None:
    playground = speak(PSEUDO)
    page = playground.page
    page.evaluate("() => { for (const fold of document.querySelectorAll('details')) fold.open = true; }")

    assert playground["html"].get_attribute("lang") == PSEUDO
    assert plain_words(playground) == set()

    # Training, and what is said of it
    playground.train(3)
    playground["#test-loss"].hover()
    playground[".chart__cursor"].focus()
    page.keyboard.press("ArrowLeft")
    playground[".unit"].nth(2).focus()
    page.keyboard.press("Enter")
    playground["[data-action='undo']:visible"].first.click(force=True)
    playground.choose("network.activation", "relu")
    playground.until(lambda: playground.field("network.activation") == "relu", "ReLU")
    assert plain_words(playground) == set()

    # A weight by hand
    playground[".diagram__cursor"].focus()
    page.keyboard.press("Enter")
    playground["#editor-value"].fill("?")
    page.keyboard.press("Enter")
    assert plain_words(playground) == set()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    # First steps
    for card in playground[".starts__card"].all():
        card.click()
        assert plain_words(playground) == set()
    playground.until(lambda: playground.epoch > 1, "an epoch of many classes")
    assert plain_words(playground) == set()


def test_no_explanation_is_outside_its_language(speak: Callable[..., Playground]) -> None:
    playground = speak(PSEUDO)
    page = playground.page
    page.evaluate("() => { for (const fold of document.querySelectorAll('details')) fold.open = true; }")

    playground["#explain"].click()
    for place in playground["[data-explainable]"].all():
        if place.is_visible():
            place.click(force=True)
            expect(playground["#explanation"]).to_be_visible()
            playground["#explanation"].evaluate(
                "(card) => card.querySelectorAll('details').forEach((d) => (d.open = true))"
            )
            assert plain_words(playground, "#explanation") == set()
            page.keyboard.press("Escape")
    assert plain_words(playground) == set()


def test_no_text_of_a_dialog_is_outside_the_language(speak: Callable[..., Playground]) -> None:
    playground = speak(PSEUDO)
    page = playground.page

    for action in ("help", "share"):
        playground[f".header [data-action='{action}']"].click()
        assert plain_words(playground) == set()
        if action == "share":
            expect(playground["#share-classic-lack"]).to_be_visible()
            for link in ("", "nonsense", "https://example.org/#", "#x1=experiment&network.hidden=99"):
                playground["#share-link"].fill(link)
                playground["#share-form button"].click()
                assert plain_words(playground) == set()
        page.keyboard.press("Escape")
    expect(playground["#share"]).to_be_hidden()
    assert plain_words(playground) == set()

    playground[".header [data-action='export']"].click()
    playground["#export-code summary"].click()
    expect(playground["#export-preview"]).to_contain_text("import numpy")
    assert plain_words(playground) == set()
    playground["#export-language"].select_option("scikit-learn")
    expect(playground["#export-refusal"]).not_to_be_empty()
    assert plain_words(playground) == set()
    page.keyboard.press("Escape")

    # Files that are none
    for name, content in (
        ("empty.json", b""),
        ("words.json", b"words"),
        ("other.json", b'{"format": 3}'),
        ("picture.json", bytes(range(256))),
        ("version.json", b'{"format": "neural-playground-experiment", "version": 7}'),
    ):
        playground["#share-file"].set_input_files(
            {"name": name, "mimeType": "application/json", "buffer": content}
        )
        expect(playground["#share-refusal"]).not_to_be_empty()
        assert plain_words(playground) == set()


def test_no_text_about_own_points_is_outside_the_language(speak: Callable[..., Playground]) -> None:
    playground = speak(PSEUDO)
    page = playground.page
    playground["[data-action='own-points']"].click()
    assert plain_words(playground) == set()
    playground["[data-own='present']"].click()
    board = playground[".own__board"]
    board.focus()
    for key in (" ", "ArrowRight", "Delete", "b", "s", "e", "1", " "):
        board.press(key)
        assert plain_words(playground) == set()
    playground["[name='own-kind'][value='values']"].check(force=True)
    board.press("+")
    assert plain_words(playground) == set()
    playground["[data-own='clear']"].click()
    assert plain_words(playground) == set()

    playground["[data-own='table']"].click()
    rows = "\n".join(f"{x / 3};{-x};{x % 3}" for x in range(40))
    playground["#own-text"].fill(rows)
    expect(playground[".own__preview"]).to_be_visible()
    assert plain_words(playground) == set()
    tables: tuple[str | bytes, ...] = (
        "",
        "1",
        '"1,2,3',
        "x1,x2,label",
        "1,2,3\n1,2\n?,3,1\n1,,2",
        rows.replace(".", ","),
        "\n".join(f"{x},{x},Ä{x}" for x in range(9)),
        "a,b,z\n" + "\n".join(f"{2000 * x},{x},{x / 7}" for x in range(6001)),
        "PK\3\4",
        "\0" * 9,
        "a,b,c,d\n" + "\n".join(f"{x % 5},{x % 7},{x},{'?' if x % 2 else 'é'}" for x in range(40)),
        "\n".join(f"{x % 9 - 4},{x + 210}\t{x % 7},{x + 120}\t{x % 2}" for x in range(40)),
        "\n".join(f"{x % 5};{x % 7};{'Ä' if x % 2 else 'Ö'}" for x in range(40)).encode("cp1252"),
    )
    for number, table in enumerate(tables):
        file: Any = {"name": f"{number}.csv", "mimeType": "text/csv"}
        file["buffer"] = table if isinstance(table, bytes) else table.encode()
        playground["#own-file"].set_input_files(file)
        # Both are hidden while a file is read; what cannot be read may be read otherwise.
        expect(playground[".own__preview:visible, .own__problem:visible"].first).to_be_visible()
        assert plain_words(playground) == set(), table[:40]
    page.keyboard.press("Escape")


def test_no_text_about_an_end_is_outside_the_language(speak: Callable[..., Playground]) -> None:
    playground = speak(
        PSEUDO, fragment="#data.dataset=plane&network.activation=relu&training.learning_rate=10"
    )
    notice = playground[".notice[data-key='ended']"]
    assert plain_words(playground) == set()
    playground["#play"].click()
    expect(notice).to_be_visible()
    assert plain_words(playground) == set()

    stopping = speak(PSEUDO, fragment="#training.stop=epochs&training.stop.epochs=2")
    stopping["#play"].click()
    expect(stopping[".notice[data-key='ended']"]).to_be_visible()
    stopping.open_all()
    stopping["select[data-field='training.stop']"].select_option("early-stopping")
    expect(stopping[".notice[data-key='changes']"]).to_be_visible()
    assert plain_words(stopping) == set()


def test_numbers_have_the_signs_of_the_language(speak: Callable[..., Playground]) -> None:
    playground = speak("de")

    assert re.fullmatch(r"\d,\d{4}", playground["#test-loss"].inner_text())
    assert re.fullmatch(r"\d+,\d %", playground["#test-score"].inner_text())
    labels = playground["[data-field='training.learning_rate'] option"].all_inner_texts()
    assert labels[0] == "0,00001"
    assert "0,4" in playground.page.evaluate("[...globalThis.drawnTexts]")


def test_a_language_is_chosen_in_the_page_remembered_and_kept_apart_from_the_experiment(
    speak: Callable[..., Playground],
) -> None:
    playground = speak("en-US", fragment="#data.dataset=xor")
    page = playground.page

    playground[".header [data-language-choice]"].select_option("zh-Hans")
    expect(playground["html"]).to_have_attribute("lang", "zh-Hans")
    playground.connected()
    assert playground.field("data.dataset") == "xor"
    expect(playground["#output-heading"]).to_have_text("输出")
    assert page.context.cookies() == []
    playground[".header [data-action='share']"].click()
    assert "language" not in playground["#share-address"].input_value()

    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(playground.url + "/#data.dataset=gauss")
    expect(playground["html"]).to_have_attribute("lang", "zh-Hans")
    playground.connected()
    assert playground.field("data.dataset") == "gauss"
    assert len([url for url in loads if "#" in url or "language" in url]) <= 3
    page.goto(playground.url + "/?language=en")
    expect(playground["#output-heading"]).to_have_text("Output")


def test_in_another_language_the_run_is_where_it_was(playground: Playground) -> None:
    playground.train(40)
    epoch, scores = playground.epoch, playground.scores()

    if not playground[".header [data-language-choice]"].is_visible():  # small screens have it in the help
        playground['[data-action="help"]:visible'].click()
    playground["[data-language-choice]:visible"].select_option("zh-Hans")
    expect(playground["html"]).to_have_attribute("lang", "zh-Hans")
    playground.connected()
    playground.settle()

    assert playground.epoch == epoch
    assert playground.scores() == scores


@pytest.mark.parametrize("size", SIZES)
def test_the_layout_holds_in_chinese(speak: Callable[..., Playground], size: str) -> None:
    playground = speak("zh-CN", size)

    assert playground["html"].get_attribute("lang") == "zh-Hans"
    assert playground.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = playground.page.evaluate(
        """() => [...document.querySelectorAll('.button, .heading, .field__label, .tool, .score__name, .more__name')]
          .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1
            && getComputedStyle(element).overflow !== 'visible')
          .map((element) => element.textContent.trim())"""
    )
    assert cut == []
