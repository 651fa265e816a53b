"""Sentences: what is told about values that do not fit, as a key and what goes into it.

A sentence is written here in English. Whoever speaks another language looks its key up there and fills in the same
values, so that the engine knows of no language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

Value = Union[str, int, float, "Sentence"]

ENGLISH: Mapping[str, str] = {}
"""Every sentence of the engine, by key; a name in braces stands for a value."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to tell.

    Attributes:
        key: which sentence it is.
        values: what stands in the place of each name in braces; a sentence may be part of another.
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it in English."""
        return ENGLISH[self.key].format(**{name: str(value) for name, value in self.values.items()})


class SentenceError(ValueError):
    """An error that can be told in any language.

    Attributes:
        sentence: what is wrong, and what is allowed.
    """

    def __init__(self, key: str, **values: Value) -> None:
        """Make the sentence of this key."""
        self.sentence = Sentence(key, values)
        super().__init__(str(self.sentence))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by what it says."""
        return _restored, (type(self), self.sentence)


def _restored(kind: type[SentenceError], sentence: Sentence) -> SentenceError:
    return kind(sentence.key, **sentence.values)
