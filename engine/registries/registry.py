"""Registry, row and option: the base classes of all registries.

A row holds everything about its choice: the mathematics for the engine, and label, formula and explanation for the
page, the schema and the documentation. Adding a choice means adding a row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.user_messages import LocalizedError, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A number that belongs to one choice only, such as the momentum of an optimizer.

    Attributes:
        name: its key in the options of an experiment.
        label: its name for people.
        text: one sentence that explains it.
        default: value if none is given.
        minimum: lowest allowed value.
        maximum: highest allowed value.
        suggestions: values worth offering.
        whole: whether only whole numbers are allowed.
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
class Entry:
    """What every row has.

    Attributes:
        key: its name in experiments, messages and files.
        label: its name for people.
        text: one sentence that explains it.
        aliases: other names that are accepted on input.
    """

    key: str
    label: str
    text: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Entry):
    """One choice of an experiment.

    Attributes:
        formula: its formula as plain text.
        options: numbers that belong to this choice only.
    """

    formula: str
    options: tuple[Option, ...] = ()


class UnknownChoiceError(LocalizedError):
    """A registry has no row of this name."""


RowT = TypeVar("RowT", bound=Entry)


class Registry(Mapping[str, RowT], Generic[RowT]):
    """Rows by key, in display order."""

    def __init__(self, subject: str, *rows: RowT) -> None:
        """Create a registry of ``rows``; ``subject`` names it in error messages.

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
        """Return the key of the row with a name or alias, ignoring case, hyphens, underscores and spaces.

        Raises:
            UnknownChoiceError: there is no such row; the message lists the allowed keys.
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
