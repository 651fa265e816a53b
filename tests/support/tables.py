"""Tables of points in any form that programs write, as strategies: what is in them, and their bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

ENCODINGS = {
    "utf-8": ("utf-8", "äßéñłžжяøλ红蓝赤ひ한"),
    "utf-8-sig": ("utf-8", "äßéñłžжяøλ红蓝赤ひ한"),
    "utf-16": ("utf-16le", "äßéñłžжяøλ红蓝赤ひ한"),
    "gb18030": ("gb18030", "红蓝绿良恶性男女一二三"),
    "big5": ("big5", "紅藍綠良惡性男女一二三"),
    "shift_jis": ("shift_jis", "赤青緑良悪性男女ひカ"),
    "euc_kr": ("euc-kr", "빨강파랑초록남여"),
    "cp1252": ("windows-1252", "äöüßéèñçøÄÖÉ"),
    "cp1250": ("windows-1250", "ąęłóżśćńěščřžýáí"),
    "cp1251": ("windows-1251", "красныйсинеДаНет"),
    "koi8-r": ("koi8-r", "красныйсинедет"),
    "cp850": ("ibm850", "äöüßéèñç"),
}
"""Python's name of an encoding: its name among the choices, and letters that it has."""

KNOWN = [
    ("x1", "x2", "label"),
    ("X1", "X2", "Class"),
    ("x", "y", "label"),
    ("x_1", "x_2", "species"),
    ("x1", "x2", "y"),
    ("feature_1", "feature_2", "target"),
    ("x1", "x2", "value"),
]
"""Names that say which column is which."""

UNKNOWN = ["height", "weight", "a", "b", "sepal.length", "Radius (mm)", "p q", "m1", "alpha"]

MISSING_WORDS = ["None", "NA", "-", "?", "null"]
"""Words that may stand for a missing value."""


@dataclass(frozen=True)
class Style:
    """How numbers are written."""

    decimal: str
    thousands: str
    fixed: bool = True
    """Whether zeros at the end are kept."""
    minus: str = "-"
    plus: str = ""
    power: bool = False

    @property
    def name(self) -> str:
        """The format among the choices, by its decimal mark and its thousands mark."""
        mark = {".": "point", ",": "comma", "'": "apostrophe", "’": "apostrophe"}
        thousands = mark.get(self.thousands, "space") if self.thousands else ""
        return mark[self.decimal] + (f"-with-{thousands}-thousands" if thousands else "")

    def write(self, number: int, decimals: int) -> tuple[str, float]:
        """Write ``number`` / 10**``decimals``; return the text and the value."""
        digits = str(abs(number)).rjust(decimals + 1, "0")
        whole, fraction = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
        if not self.fixed:
            fraction = fraction.rstrip("0")
        plain = whole + (f".{fraction}" if fraction else "")
        sign = self.minus if number < 0 else self.plus
        value = float(f"{'-' if number < 0 else ''}{plain}")
        if self.power:
            written = f"{abs(value):.9e}"
            return sign + written.replace(".", self.decimal), float(written) * (-1 if number < 0 else 1)
        groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)][::-1]
        text = self.thousands.join(groups) + (self.decimal + fraction if fraction else "")
        return sign + text, value


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    cells: list[str]
    meant: list[Any]
    """What the cells say: a word or a number; None for a missing target."""
    number: bool


@dataclass(frozen=True)
class Written:
    """A table as bytes, and what it says."""

    data: bytes
    text: str
    points: list[tuple[float, float, str | float]]
    """x1, x2 and target of the rows that have one, in their order."""
    missing: int
    """Rows without a target."""
    answers: dict[str, str]
    """What somebody who knows the table answers to each question about it."""
    traits: tuple[str, ...]


def _is_other_utf8(data: bytes, text: str) -> bool:
    try:
        return data.decode() != text
    except UnicodeDecodeError:
        return False


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _writer(quoting: str, separator: str) -> Callable[[str, bool], str]:
    """Return what writes one cell, given whether it is a number."""

    def write(cell: str, number: bool) -> str:
        needed = any(sign in cell for sign in (separator, '"', "\n", "\r")) or (
            separator == " " and cell == ""
        )
        if separator == " ":
            needed |= "\t" in cell
        if quoting == "all" or needed or (quoting == "nonnumeric" and not number):
            return _quoted(cell)
        return cell

    return write


def _is_number(word: str) -> bool:
    return word.strip("+-−– ") != "" and set(word) <= set("0123456789.,' +-−–eE")


def _has(encoding: str, sign: str) -> bool:
    try:
        return sign.encode(encoding).decode(encoding) == sign
    except UnicodeEncodeError:
        return False


@st.composite
def styles(draw: Any, encoding: str) -> Style:
    decimal = draw(st.sampled_from([".", ".", ","]))
    thousands = draw(st.sampled_from(["", "", "", ",", ".", " ", "\u00a0", "\u202f", "'", "’"]))
    if thousands == decimal or not _has(encoding, thousands):
        thousands = ""
    return Style(
        decimal,
        thousands,
        fixed=draw(st.booleans()),
        minus=draw(st.sampled_from(["-", "-", "-", "−" if _has(encoding, "−") else "-"])),
        plus=draw(st.sampled_from(["", "", "", "+"])),
        power=not thousands and draw(st.integers(0, 9)) == 0,
    )


def words(letters: str) -> st.SearchStrategy[str]:
    """Words that are no numbers and do not stand for a missing value."""
    usual = st.text(letters + "abcXYZ", min_size=1, max_size=8)
    strange = st.text(letters + "abAB12 ,;|#'\"\n.-_/%", min_size=1, max_size=8)
    tokens = st.sampled_from(
        ["x", "label", "1a", "e5", "#ff0000", "id", "true", "no", "A B", "0x1", "+", "10%"]
    )
    return (
        st.one_of(usual, usual, strange, tokens)
        .map(str.strip)
        .filter(lambda word: word != "" and not _is_number(word))
        .filter(
            lambda word: word.lower() not in {"nan", "na", "null", "none", "nil", "-", "--", ".", "..", "..."}
        )
    )


@st.composite
def _numbers(draw: Any, name: str, style: Style, rows: int) -> Column:
    decimals = draw(st.sampled_from([0, 0, 1, 2, 3, 3, 4, 6]))
    most = 10 ** draw(st.integers(1, 8))
    numbers = draw(st.lists(st.integers(-most, most), min_size=rows, max_size=rows))
    cells, meant = zip(*(style.write(number, decimals) for number in numbers), strict=True)
    return Column(name, [*cells], [*meant], number=True)


@st.composite
def _targets(draw: Any, name: str, style: Style, rows: int, letters: str) -> Column:
    """Draw words, a few whole numbers, or any numbers; some may be missing."""
    kind = draw(st.sampled_from(["words", "words", "words", "numbers", "values"]))
    tokens = ["", "NaN", "NA", "null", "?"]
    if kind == "values":
        column = draw(_numbers(name, style, rows))
    elif kind == "numbers":
        own = draw(st.sampled_from([[0, 1], [1, 2, 3], [-1, 1], [0, 1, 2, 3], [10, 20]]))
        picks = draw(st.lists(st.sampled_from(own), min_size=rows, max_size=rows))
        decimals = draw(st.sampled_from([0, 0, 1]))
        plain = Style(style.decimal, "", minus=style.minus)
        cells, meant = zip(*(plain.write(pick * 10**decimals, decimals) for pick in picks), strict=True)
        column = Column(name, [*cells], [*meant], number=True)
    else:
        pool = draw(st.lists(words(letters), min_size=2, max_size=5, unique=True))
        if draw(st.integers(0, 4)) == 0:
            pool[0] = draw(st.sampled_from(MISSING_WORDS))
        cells = draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows))
        column = Column(name, [*cells], [*cells], number=False)
        tokens = ["", "NaN"]
    if draw(st.integers(0, 3)) == 0:
        token = draw(st.sampled_from(tokens))
        for row in draw(st.sets(st.integers(0, rows - 1), max_size=max(1, rows // 4))):
            column.cells[row], column.meant[row] = token, None
    return column


@dataclass(frozen=True)
class _Form:
    """What programs vary in a table, apart from what is in it."""

    encoding: str
    separator: str
    style: Style
    header: str
    index: str


@st.composite
def _forms(draw: Any) -> _Form:
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", *ENCODINGS]))
    header = draw(st.sampled_from(["known", "known", "unknown", "none", "short"]))
    index = (
        "short" if header == "short" else draw(st.sampled_from(["none", "none", "none", "named", "unnamed"]))
    )
    separator = draw(st.sampled_from([",", ",", ";", "\t", " ", "|"]))
    return _Form(encoding, separator, draw(styles(encoding)), header, index)


@st.composite
def tables(draw: Any) -> Written:
    """Any table of points in any mixture of what programs vary."""
    return draw(_written(draw(_forms())))


@st.composite
def plain_tables(draw: Any) -> Written:
    """Tables that can be read in one way only: known names, UTF-8, a decimal point, and a cell that shows it."""
    separator = draw(st.sampled_from([",", ";", "\t", " ", "|"]))
    form = _Form(
        "utf-8", separator, Style(".", ""), "known", draw(st.sampled_from(["none", "named", "unnamed"]))
    )
    written: Written = draw(_written(form))
    assume("missing" not in written.traits)
    assume(not _has_only_thousands(written))
    return written


def _has_only_thousands(written: Written) -> bool:
    """Whether all fractions could be thousands: 1.234."""
    fractions = re.findall(r"\d+\.\d+", written.text)
    return bool(fractions) and all(re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", fraction) for fraction in fractions)


@st.composite
def _written(draw: Any, form: _Form) -> Written:
    label, letters = ENCODINGS[form.encoding]
    rows = draw(st.integers(3, 14))
    columns = draw(_columns(form, rows, letters))
    lines = draw(_lines([column for _, column in columns], form))
    if draw(st.integers(0, 9)) == 0 and form.separator != " ":
        lines.insert(0, f"sep={form.separator}")
    text = "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    data = text.encode(form.encoding)
    assume(form.encoding.startswith("utf") or not _is_other_utf8(data, text))
    parts = {part: column for part, column in columns if part is not None}
    points = [
        (one, two, target)
        for one, two, target in zip(*(parts[part].meant for part in ("x1", "x2", "target")), strict=True)
        if target is not None
    ]
    answers = {part: str(at) for at, (part, _) in enumerate(columns) if part is not None}
    answers |= {
        "encoding": label,
        "separator": form.separator,
        "decimal": form.style.name,
        "header": "no" if form.header == "none" else "yes",
        "missing": "class",
    }
    traits = (
        f"header {form.header}",
        f"index {form.index}",
        f"separator {form.separator!r}",
        f"numbers {form.style.name}",
        f"encoding {form.encoding}",
        *(["missing"] if any(word in parts["target"].meant for word in MISSING_WORDS) else []),
    )
    return Written(data, text, points, rows - len(points), answers, traits)


@st.composite
def _columns(draw: Any, form: _Form, rows: int, letters: str) -> list[tuple[str | None, Column]]:
    """Draw the columns in their order, each with the part that it plays."""
    known = form.header in ("known", "short")
    names = draw(st.sampled_from(KNOWN)) if known else draw(st.permutations(UNKNOWN))
    columns: list[tuple[str | None, Column]] = [
        ("x1", draw(_numbers(names[0], form.style, rows))),
        ("x2", draw(_numbers(names[1], form.style, rows))),
        ("target", draw(_targets(names[2], form.style, rows, letters))),
    ]
    for extra in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        name = f"extra {extra}"
        if draw(st.booleans()):
            columns.append((None, draw(_numbers(name, form.style, rows))))
        else:
            cells = draw(st.lists(words("ab"), min_size=rows, max_size=rows))
            columns.append((None, Column(name, cells, [*cells], number=False)))
    columns = draw(st.permutations(columns))
    if form.index != "none":
        start = draw(st.sampled_from([0, 1, 1, 7]))
        name = draw(st.sampled_from(["id", "Index", "row"])) if form.index == "named" else ""
        cells = [str(start + row) for row in range(rows)]
        columns = [(None, Column(name, cells, [*cells], number=True)), *columns]
    return columns


@st.composite
def _lines(draw: Any, columns: list[Column], form: _Form) -> list[str]:
    write = _writer(draw(st.sampled_from(["minimal", "minimal", "nonnumeric", "all"])), form.separator)
    rows = list(zip(*(column.cells for column in columns), strict=True))
    cells = [[write(cell, column.number) for cell, column in zip(row, columns, strict=True)] for row in rows]
    if form.header != "none":
        names = [write(column.name, False) for column in columns]
        cells.insert(0, names[1:] if form.header == "short" else names)
    if form.separator == " " and draw(st.booleans()):
        # Aligned to the right, as programs print.
        widths = [max(len(row[-1 - at]) for row in cells if len(row) > at) for at in range(len(columns))]
        return [
            " ".join(cell.rjust(widths[len(row) - 1 - at]) for at, cell in enumerate(row)) for row in cells
        ]
    trailing = form.separator if form.separator in ",;\t" and draw(st.integers(0, 9)) == 0 else ""
    padding = " " if form.separator in ",;|" and draw(st.integers(0, 5)) == 0 else ""
    return [(form.separator + padding).join(row) + trailing for row in cells]
