"""Registries: names that are found, names that are refused, and what every row has."""

import pytest

from engine.registries.losses import PROBLEMS
from engine.registries.registry import Registry, Row, UnknownChoiceError
from engine.schema import REGISTRIES
from tests.support.validation import raises_naming, raises_sentence

ALL = {**REGISTRIES, "problem": PROBLEMS}
ROWS = [
    pytest.param(registry, row, id=f"{registry.subject}:{row.key}")
    for registry in ALL.values()
    for row in registry.values()
]


def row(key, *aliases):
    return Row(key=key, label=key, text="A row.", formula="-", aliases=aliases)


@pytest.fixture
def letters():
    return Registry("letter", row("a b", "alpha"), row("c"))


@pytest.mark.parametrize(("registry", "row"), ROWS)
def test_every_row_is_found_by_key_and_by_each_alias(registry, row):
    names = [row.key, *row.aliases]

    found = [registry.canonical(name) for name in names]

    assert found == [row.key] * len(names)
    assert registry[row.key] is row


@pytest.mark.parametrize(("registry", "row"), ROWS)
def test_every_row_has_a_label_a_formula_and_one_sentence(registry, row):
    assert row.label.strip()
    assert row.formula.strip()
    assert row.text[0].isupper()
    assert row.text.endswith(".")


@pytest.mark.parametrize("name", ["a b", "A B", "a-b", "a_b", "  A-b ", "ALPHA"])
def test_case_hyphens_underscores_and_spaces_do_not_matter(letters, name):
    assert letters.canonical(name) == "a b"


def test_an_unknown_name_is_refused_with_all_that_is_allowed(letters):
    with raises_sentence("unknown-choice", subject="letter", choice="'b'", allowed="a b, c"):
        letters.canonical("b")


def test_an_unknown_choice_is_a_value_error():
    assert issubclass(UnknownChoiceError, ValueError)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row("a"), row("a")], id="the same key"),
        pytest.param([row("a b"), row("a-b")], id="the same key in another spelling"),
        pytest.param([row("a"), row("b", "A")], id="an alias that is a key"),
        pytest.param([row("a", "c"), row("b", "c")], id="the same alias"),
    ],
)
def test_two_rows_cannot_share_a_name(rows):
    with raises_naming("letter"):
        Registry("letter", *rows)


def test_rows_keep_their_order(letters):
    assert list(letters) == ["a b", "c"]
    assert len(letters) == 2


@pytest.mark.parametrize("registry", ALL.values(), ids=lambda registry: registry.subject)
def test_labels_are_unique(registry):
    labels = [row.label for row in registry.values()]

    assert len(set(labels)) == len(labels)
