"""The catalog in another language: translated labels and explanations in place of the registries' English."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from server.i18n import Language
from server.protocol.catalog import Catalog, catalog

_WORDS = ("label", "text", "formula")


@cache
def catalog_in(language: Language) -> Catalog:
    """Return the catalog in a language."""
    dumped = catalog().model_dump()
    for name, holder, part in _places(dumped):
        holder[part] = language.texts.get(name, holder[part])
    return Catalog.model_validate(dumped)


def catalog_texts() -> dict[str, str]:
    """Return every text of the catalog in English, by the name of its translation."""
    return {name: holder[part] for name, holder, part in _places(catalog().model_dump()) if holder[part]}


def _places(dumped: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield for every text of a catalog the name of its translation, the object that has it, and its key there."""
    for key, field in dumped["fields"].items():
        yield from _words(f"catalog.fields.{key}", field)
    for kind, rows in dumped["choices"].items():
        for row in rows:
            name = f"catalog.choices.{kind}.{row['key']}"
            yield from _words(name, row)
            for option in row["options"]:
                yield from _words(f"{name}.options.{option['name']}", option)
    for speed in dumped["speeds"]:
        yield f"catalog.speeds.{speed['epochs_per_second'] or 'full'}", speed, "label"


def _words(name: str, holder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    for part in _WORDS:
        if part in holder:
            yield f"{name}.{part}", holder, part
