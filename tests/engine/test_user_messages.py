"""Sentences: every key has its text and its use, and errors survive a pickle."""

import ast
import pickle
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import engine
from engine.registries.registry import UnknownChoiceError
from engine.saved import SavedError
from engine.user_messages import TEMPLATES, LocalizedError, UserMessage, format_value, quoted, truncated

ROOT = Path(engine.__file__).parents[1]
MAKERS = {kind.__name__ for kind in (UserMessage, LocalizedError, SavedError, UnknownChoiceError)}


@cache
def nodes(folder: str) -> list[ast.AST]:
    """Return all that the sources in a folder are made of."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / folder).rglob("*.py")]
    return [node for tree in trees for node in ast.walk(tree)]


def test_every_key_that_the_engine_uses_has_a_text() -> None:
    calls = [node for node in nodes("engine") if isinstance(node, ast.Call)]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in MAKERS]
    keys = {key.value for key in made if isinstance(key, ast.Constant)}

    assert len(keys) > 40
    assert keys <= TEMPLATES.keys()


def test_every_text_is_used() -> None:
    used = [*nodes("engine"), *nodes("server")]
    texts = Counter(node.value for node in used if isinstance(node, ast.Constant))

    assert {key for key in TEMPLATES if texts[key] == 1} == set()  # each stands in the table as well


def test_a_sentence_within_another_is_said_in_its_place() -> None:
    range_ = UserMessage("range", {"low": "0", "high": "1"})

    assert str(UserMessage("allowed", {"allowed": range_})) == TEMPLATES["allowed"].format(
        allowed=str(range_)
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345, "12,345"), (-2, "−2"), (0.25, "0.25"), (1e-9, "0.000000001"), (3.0, "3"), ("12345", "12345")],
)
def test_numbers_are_grouped_and_have_their_natural_length(value: float | str, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize("kind", [LocalizedError, UnknownChoiceError, SavedError])
def test_an_error_keeps_kind_field_and_sentence_in_a_pickle(kind: type[LocalizedError]) -> None:
    error = kind("only", "data.points", name="data.points", value="3", only="own")

    again = pickle.loads(pickle.dumps(error))

    assert (type(again), again.field, again.user_message) == (kind, error.field, error.user_message)


def test_what_others_have_written_is_cut_to_sixty_characters() -> None:
    assert truncated("x" * 60) == "x" * 60
    assert truncated("x" * 61) == "x" * 57 + "…"
    assert quoted("x" * 100) == "'" + "x" * 56 + "…"
