"""What a registry is: named rows in one order, each a choice that a person can make.

A row carries everything there is to know about its choice: the mathematics for the engine, and label, formula and
explanation for the page, the schema and the documentation. Adding a choice is adding a row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.user_messages import LocalizedError, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A number that belongs to one choice only, as the momentum to the optimizer of this name.

    Attributes:
        name: its key in the options of an experiment.
        label: its name for people.
        text: one sentence that explains it.
        default: its value by default.
        minimum: the least allowed.
        maximum: the most allowed.
        suggestions: values worth offering.
        whole: whether only whole numbers make sense.
    """

    name: str
    label: str
    text: str
    default: float
    minimum: float
    maximum: float
    suggestions: tuple[float, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One choice.

    Attributes:
        key: its name in experiments, messages and files.
        label: its name for people.
        text: one sentence that explains it.
        formula: the formula as text that a page can show.
        aliases: other spellings that are understood on input.
        options: the numbers that belong to this choice.
    """

    key: str
    label: str
    text: str
    formula: str
    aliases: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


class UnknownChoiceError(LocalizedError):
    """A name that no row of a registry has."""


RowT = TypeVar("RowT", bound=Row)


class Registry(Mapping[str, RowT], Generic[RowT]):
    """Rows by key, in the order in which they are offered."""

    def __init__(self, subject: str, *rows: RowT) -> None:
        """Collect ``rows``; ``subject`` names the registry in error messages.

        Raises:
            ValueError: two rows share a key or an alias.
        """
        self.subject = subject
        self._rows = {row.key: row for row in rows}
        self._keys: dict[str, str] = {}
        for row in rows:
            for name in (row.key, *row.aliases):
                if self._keys.setdefault(_folded(name), row.key) != row.key or len(self._rows) != len(rows):
                    raise ValueError(f"two rows of {subject} are called {name!r}")

    def __getitem__(self, key: str) -> RowT:
        """Return the row with exactly this key."""
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys, in order."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._rows)

    def canonical(self, name: str) -> str:
        """Return the key that ``name`` stands for, whatever its case, hyphens, underscores and spaces.

        Raises:
            UnknownChoiceError: no row is called so; the message lists what is allowed.
        """
        try:
            return self._keys[_folded(name)]
        except KeyError:
            allowed = ", ".join(self._rows)
            raise UnknownChoiceError(
                "unknown-choice", subject=self.subject, choice=quoted(name), allowed=allowed
            ) from None


def _folded(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")
