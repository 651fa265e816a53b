"""A table in any form is read back to the same points, or the preview asks what it could not tell."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings

from scripts.find_node import find_node
from tests.support.table_reader import TableReader, asked, difference, questions, table_reader
from tests.support.tables import Written, plain_tables, tables

NODE = find_node()
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="tables are read by Node.js, and there is none"),
    pytest.mark.timeout(600),
]
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@pytest.fixture(scope="module")
def reader() -> Iterator[TableReader]:
    assert NODE is not None
    with table_reader(NODE) as running:
        yield running


def check(reader: TableReader, written: Written) -> None:
    first = questions(reader, written)
    # `--hypothesis-show-statistics` shows how often each question is asked of which kind of table.
    for aspect in first or ["nothing"]:
        event(f"asks {aspect}")
        for trait in written.traits:
            event(f"{trait}: asks {aspect}")


@settings(PATIENT, max_examples=200)
@given(written=tables())
def test_a_table_in_any_form_gives_the_same_points_or_a_question_that_explains_why_not(
    reader: TableReader, written: Written
) -> None:
    check(reader, written)


@pytest.mark.soak
@settings(PATIENT, max_examples=5000)
@given(written=tables())
def test_thousands_of_tables_give_the_same_points_or_a_question_that_explains_why_not(
    reader: TableReader, written: Written
) -> None:
    check(reader, written)


@settings(PATIENT, max_examples=100)
@given(written=plain_tables())
def test_a_table_with_one_possible_reading_raises_no_question(reader: TableReader, written: Written) -> None:
    answer = reader.read(written.data, {})

    assert asked(answer) == [], written
    assert difference(written, answer) is None, written
