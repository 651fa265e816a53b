"""Tables as spreadsheets, R and pandas write them, imported through the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live_server import ROOT, LiveServer
from tests.support.own_points import button, drop, open_editor
from tests.support.page import Playground, open_playground

TABLES = ROOT / "tests/fixtures/tables"
TRUTH = [
    (-2.9251, 2.7795, 0),
    (2.1102, -1.9594, 0),
    (-0.0365, -0.4041, 1),
    (1.2127, 2.3098, 1),
    (-3.2491, -3.7732, 1),
    (2.6861, -0.5379, 0),
    (2.0982, -3.9832, 0),
    (-0.4369, 1.7723, 0),
    (-2.1699, 3.5622, 0),
    (3.2114, -3.7553, 0),
    (-3.7964, 0.3313, 0),
    (3.5132, -0.9504, 0),
]
"""The points of most of the tables, and which of their two classes each has."""

NAMES = ("x1", "x2", "label")
READ: dict[str, tuple[tuple[str, str, str], list[str]]] = {
    "r-write-table.txt": (NAMES, ["down", "up"]),
    "pandas-print.txt": (NAMES, ["0", "1"]),
    "id-x1-x2-species.csv": (("x1", "x2", "species"), ["A", "B"]),
    "pandas-index.csv": (("height", "weight", "sex"), ["0", "1"]),
    "pandas-index-known.csv": (NAMES, ["0", "1"]),
    "target-first.csv": (("x1", "x2", "y"), ["0", "1"]),
    "target-first-words.csv": (("radius", "texture", "diagnosis"), ["B", "M"]),
    "sheets-de.csv": (NAMES, ["0", "1"]),
    "gbk.csv": (NAMES, ["蓝", "红"]),
    "cp1252.csv": (("x1", "x2", "Art"), ["Kützchen", "Kätzchen"]),
    "sep.csv": (NAMES, ["0", "1"]),
    "sep2.csv": (NAMES, ["0", "1"]),
    "thousands-int.tsv": (NAMES, ["0", "1"]),
    "thousands.csv": (NAMES, ["0", "1"]),
}
"""Of each table: its columns for x1, x2 and the target, and what its classes are called."""


def choose_file(playground: Playground, name: str, content: bytes | None = None) -> None:
    """Choose a file and wait until it has been read."""
    file: Any = (
        TABLES / name if content is None else {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    playground["#own-file"].set_input_files(file)
    expect(playground[".own__name:visible, .own__problem:visible"].first).to_contain_text(name)


def choices(playground: Playground) -> dict[str, dict[str, Any]]:
    """Return every choice that is shown: its value, the name of it, whether it is a question, and all names."""
    found: dict[str, dict[str, Any]] = playground.page.evaluate(
        """() => Object.fromEntries(
          [...document.querySelectorAll('.own__choices [data-aspect]')].map((field) => {
            const select = field.querySelector('select');
            const name = ({ textContent }) => textContent.split(/ \\(| – /)[0];
            return [field.dataset.aspect, {
              value: select.value,
              name: name(select.selectedOptions[0]),
              asked: field.closest('.own__questions') !== null,
              names: [...select.options].map(name),
            }];
          }),
        )"""
    )
    return found


def asked(playground: Playground) -> set[str]:
    return {aspect for aspect, choice in choices(playground).items() if choice["asked"]}


def columns(playground: Playground) -> tuple[str, ...]:
    found = choices(playground)
    return tuple(found[aspect]["name"] for aspect in ("x1", "x2", "target"))


def choose(playground: Playground, aspect: str, value: str) -> None:
    """Choose an option by its value, in the open or in the fold."""
    select = playground[f"#own-read-{aspect}"]
    if not select.is_visible():
        playground[".own__summary"].click()
    select.focus()
    select.select_option(value)


def classes(playground: Playground) -> list[str]:
    return playground[".own__mapping b"].all_inner_texts()


def taken(playground: Playground) -> list[tuple[float, ...]]:
    """Put the points on the board and return them as the board exports them; the import is open again."""
    text = playground.page.evaluate(
        """async () => {
          const press = (name) => document.querySelector(`#own [data-own="${name}"]`).click();
          const { createObjectURL } = URL;
          const { click } = HTMLAnchorElement.prototype;
          let exported = null;
          // The file itself is enough: downloads take a second each.
          URL.createObjectURL = (blob) => createObjectURL((exported = blob));
          HTMLAnchorElement.prototype.click = () => undefined;
          for (const name of ['take', 'export', 'table']) press(name);
          Object.assign(URL, { createObjectURL });
          Object.assign(HTMLAnchorElement.prototype, { click });
          return exported.text();
        }"""
    )
    _, *rows = text.splitlines()
    return [tuple(float(cell) for cell in row.split(",")) for row in rows]


@pytest.fixture(scope="module")
def page(browser: Browser, server: LiveServer) -> Iterator[Playground]:
    """One page for all tables: each begins anew in it."""
    playground = open_playground(browser, server.url)
    yield playground
    problems = playground.problems
    playground.page.context.close()
    assert problems == []


@pytest.fixture
def importing(page: Playground) -> Iterator[Playground]:
    """The page with its import open and empty."""
    open_editor(page)
    button(page, "table").click()
    yield page
    button(page, "close").click()
    expect(page["#own"]).to_be_hidden()


def fitted(numbers: list[float]) -> list[float]:
    """Return numbers moved and stretched to −5 … 5, as the page fits what is too large for the picture."""
    low, high = min(numbers), max(numbers)
    return [10 * (number - low) / (high - low) - 5 for number in numbers]


def test_tables_of_other_programs_become_the_points_that_they_hold(importing: Playground) -> None:
    """Every table holds the same points; those with thousands a thousand times as far, so that they are fitted."""
    truth = [list(axis) for axis in zip(*TRUTH, strict=True)]
    large = [fitted(truth[0]), fitted(truth[1]), truth[2]]
    for name, (names, labels) in READ.items():
        choose_file(importing, name)

        assert columns(importing) == names, name
        assert classes(importing) == labels, name
        expect(importing[".own__faults"]).to_be_hidden()
        points = [list(axis) for axis in zip(*taken(importing), strict=True)]
        wanted = large if name.startswith("thousands") else truth
        for axis, right in zip(points, wanted, strict=True):
            assert axis == pytest.approx(right, abs=2e-3), name


def test_a_table_with_one_reading_asks_nothing(importing: Playground) -> None:
    rows = "\n".join(f"{x1},{x2},{label}" for x1, x2, label in TRUTH)

    choose_file(importing, "plain.csv", f"x1,x2,label\n{rows}\n".encode())

    assert asked(importing) == set()
    expect(importing[".own__questions"]).to_be_hidden()
    expect(importing[".own__how"]).to_contain_text("commas")
    assert taken(importing) == [pytest.approx(point) for point in TRUTH]


def test_columns_are_chosen_by_name_and_change_places(importing: Playground) -> None:
    choose_file(importing, "iris-like.csv")
    assert columns(importing) == ("sepal.length", "sepal.width", "variety")
    assert {"x1", "x2"} <= asked(importing)
    names = choices(importing)["x1"]["names"]
    measured = taken(importing)

    said = importing[".own__status"].text_content()
    choose(importing, "x1", str(names.index("sepal.width")))
    assert columns(importing) == ("sepal.width", "sepal.length", "variety")
    expect(importing["#own-read-x1"]).to_be_focused()
    assert importing[".own__status"].text_content() != said
    expect(importing[".own__sample th"]).to_contain_text(["sepal.width", "sepal.length", "variety"])
    assert [(x2, x1, label) for x1, x2, label in taken(importing)] == measured

    choose(importing, "x2", str(names.index("petal.width")))
    assert columns(importing) == ("sepal.width", "petal.width", "variety")
    widths = [1.6, 0.6, 0.9, 1.5, 0.2, 0.9, 0.2, 1.4, 1.7, 0.2, 1.1, 0.8]
    assert [x2 for _, x2, _ in taken(importing)] == pytest.approx(fitted(widths), abs=1e-3)

    choose_file(importing, "iris-like.csv", (TABLES / "iris-like.csv").read_bytes())
    assert columns(importing) == ("sepal.length", "sepal.width", "variety"), "another file begins anew"


def test_another_decimal_mark_gives_other_points(importing: Playground) -> None:
    choose_file(importing, "thousands-int.tsv")
    assert asked(importing) == {"decimal"}
    assert choices(importing)["decimal"]["value"] == "point-with-comma-thousands"

    choose(importing, "decimal", "comma")

    x1 = [-2.925, 2.11, -36, 1.212, -3.249, 2.686, 2.098, -436, -2.169, 3.211, -3.796, 3.513]
    assert [point[0] for point in taken(importing)] == pytest.approx(fitted(x1), abs=1e-3)


def test_another_encoding_reads_the_same_bytes_again(importing: Playground) -> None:
    choose_file(importing, "gbk.csv")
    assert asked(importing) == {"encoding"}
    assert classes(importing) == ["蓝", "红"]

    choose(importing, "encoding", "windows-1252")
    assert classes(importing) == ["À¶", "ºì"]
    choose(importing, "encoding", "gb18030")
    assert classes(importing) == ["蓝", "红"]

    importing["#own-text"].fill("x1,x2,label\n1,2,蓝\n3,4,红\n")
    expect(importing[".own__name"]).not_to_contain_text("gbk.csv")
    assert "encoding" not in choices(importing)
    expect(importing["#own-file"]).to_have_value("")


def test_lines_that_are_left_out_are_listed_with_number_and_reason(importing: Playground) -> None:
    choose_file(importing, "nan-label.csv")
    lines = importing[".own__faults li"]
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("2")
    expect(lines.nth(1)).to_contain_text("12")
    assert len(classes(importing)) == 2
    assert len(taken(importing)) == 10

    answers = "".join(f"{x1},{x2},{'none' if label else 'some'}\n" for x1, x2, label in TRUTH)
    choose_file(importing, "answers.csv", f"x1,x2,label\n{answers}".encode())
    assert asked(importing) == {"missing"}
    expect(importing[".own__faults"]).to_be_hidden()
    assert classes(importing) == ["some", "none"]
    assert taken(importing) == [pytest.approx(point) for point in TRUTH]
    choose(importing, "missing", "leave-out")
    expect(lines).to_have_count(3)
    assert classes(importing) == ["some"]

    rows = "".join(f"{number},{number % 7},{number % 2}\n" for number in range(20))
    faults = "3,oops,1\n" * 14
    choose_file(importing, "faults.csv", f"x1,x2,label\n{rows}{faults}".encode())
    expect(importing[".own__faults-title"]).to_contain_text("14")
    expect(lines).to_have_count(11)
    expect(lines.nth(0)).to_contain_text("22")
    expect(lines.nth(10)).to_contain_text("4")


def test_a_workbook_dropped_on_the_page_is_refused_in_a_sentence(page: Playground) -> None:
    drop(page, "sheet.xlsx", "new Uint8Array([80, 75, 3, 4, 20, 0, 6, 0])", "body")

    expect(page[".own__problem"]).to_contain_text("sheet.xlsx")
    expect(page[".own__problem"]).to_contain_text("CSV")
    button(page, "close").click()


def test_workbooks_are_refused_in_a_sentence(importing: Playground) -> None:
    problem = importing[".own__problem"]
    for name, content in (
        ("sheet.ods", b"PK\x03\x04\x14\x00\x00\x08"),
        ("sheet.numbers", b"PK\x03\x04\x14\x00\x00\x08"),
        ("sheet.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)),
        ("sheet.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ):
        choose_file(importing, name, content)
        expect(problem).to_contain_text("CSV")
        expect(importing[".own__preview"]).to_be_hidden()
        expect(button(importing, "take")).to_be_disabled()

    # Even one that is too large: a smaller workbook would not help.
    drop(
        importing, "large.xlsx", "Uint8Array.from({ length: 5_000_001 }, (_, at) => [80, 75, 3, 4][at] ?? 0)"
    )
    expect(problem).to_contain_text("large.xlsx")
    expect(problem).to_contain_text("CSV")


def test_cells_of_a_spreadsheet_are_pasted_and_its_unicode_text_is_read(importing: Playground) -> None:
    cells = "\n".join(
        ["x1\tx2\tlabel", *(f"{x1}\t{x2}\t{'ja' if label else 'nein'}" for x1, x2, label in TRUTH)]
    )
    importing.page.evaluate(
        """(cells) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text/plain', cells);
          const about = { clipboardData, bubbles: true, cancelable: true };
          document.querySelector('#own').dispatchEvent(new ClipboardEvent('paste', about));
        }""",
        cells,
    )
    expect(importing[".own__name"]).to_be_visible()
    assert asked(importing) == set()
    assert classes(importing) == ["nein", "ja"]
    assert taken(importing) == [pytest.approx(point) for point in TRUTH]

    choose_file(importing, "unicode.txt", cells.replace("ja", "дa").encode("utf-16"))
    assert asked(importing) == set()
    assert classes(importing) == ["nein", "дa"]
    assert taken(importing) == [pytest.approx(point) for point in TRUTH]


def test_a_reading_that_gives_no_points_can_be_mended(importing: Playground) -> None:
    choose_file(importing, "sep.csv")
    points = taken(importing)
    problem = importing[".own__problem"]

    choose(importing, "separator", ",")
    expect(problem).to_contain_text("sep.csv")
    expect(importing[".own__found"]).to_be_hidden()
    expect(button(importing, "take")).to_be_disabled()
    expect(importing["#own-read-separator"]).to_be_focused()

    choose(importing, "separator", ";")
    expect(problem).to_be_hidden()
    assert taken(importing) == points


def test_a_text_that_is_corrected_keeps_what_was_chosen(importing: Playground) -> None:
    text = "a,b,c,kind\n" + "".join(
        f"{7 * n % 12},{n * n % 7},{n % 5},{'cat' if n % 2 else 'dog'}\n" for n in range(12)
    )
    importing["#own-text"].fill(text)
    expect(importing[".own__preview"]).to_be_visible()
    choose(importing, "x1", "2")
    names = columns(importing)
    assert names[0] == "c"

    importing["#own-text"].press("Control+End")
    importing["#own-text"].type("12,4,3,cat")
    expect(importing[".own__name"]).to_contain_text("13")
    assert columns(importing) == names

    importing["#own-text"].fill("")
    expect(importing[".own__preview"]).to_be_hidden()
    importing["#own-text"].fill(text)
    expect(importing[".own__name"]).to_contain_text("12")
    assert columns(importing)[0] == "a"
