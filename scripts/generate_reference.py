"""Write docs/reference.md, every field and every choice of an experiment, and the table of settings in README.md.

``python -m scripts.generate_reference`` writes both; ``--check`` writes nothing and fails if they are out of date.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from server.protocol.catalog import CatalogField, Choice, catalog
from server.settings import Settings
from server.settings.environment import variable_of
from server.settings.options import default, description, is_list, spelling

README = Path(__file__).parents[1] / "README.md"
PATH = README.parent / "docs" / "reference.md"

_TITLES = {
    "problems": "Problems",
    "datasets": "Data sets",
    "scalings": "Scalings",
    "features": "Features",
    "activations": "Activations",
    "losses": "Losses",
    "penalties": "Regularization",
    "initializers": "Initializers",
    "optimizers": "Optimizers",
    "schedules": "Schedules",
    "batchings": "Orders of samples",
    "stops": "Stop rules",
}


def reference() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Every field of an experiment and every choice; `make reference` writes this page from the registries."
    yield ""
    yield "## Fields"
    yield ""
    yield "*Live* fields may change while a network trains; the others start it anew."
    yield ""
    yield "| field | default | allowed | live | |"
    yield "|---|---|---|---|---|"
    for name, field in catalog().fields.items():
        live = "yes" if field.live else ""
        yield f"| `{name}` | {_value(field.default)} | {_allowed(field)} | {live} | {field.text} |"
    for name, title in _TITLES.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield "| key | formula | |"
        yield "|---|---|---|"
        rows: list[Choice] = getattr(catalog().choices, name)
        for row in rows:
            yield f"| `{row.key}` | {_cell(row.formula)} | {row.text}{_options(row)} |"


def _value(value: object) -> str:
    if value is None or value == {}:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def _allowed(field: CatalogField) -> str:
    match field.kind:
        case "choice" | "features":
            return f"see {_TITLES[str(field.choices)].lower()}"
        case "options":
            return f"those of the row in {_TITLES[str(field.choices)].lower()}"
        case "layers":
            return f"{field.maximum_layers} layers of {field.minimum_units} … {field.maximum_units} units at most"
        case "switch":
            return "true, false"
        case "integer" | "number":
            return f"{field.minimum} … {field.maximum}"
    return "a text, or nothing" if field.kind == "text" else "10 … 5000 points, or nothing"


def _options(row: Choice) -> str:
    if not row.options:
        return ""
    options = "; ".join(
        f"`{option.name}` {option.default:g} ({option.minimum:g} … {option.maximum:g}): {option.text}"
        for option in row.options
    )
    return f" Options: {options}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def readme() -> str:
    """Return README.md with the table of settings as they are declared."""
    table = "\n".join(_settings())
    text = README.read_text(encoding="utf-8")
    return re.sub(r"(?m)^\| option \| variable \|.*(\n\|.*)*", lambda _: table, text)


def _settings() -> Iterator[str]:
    yield "| option | variable | default | |"
    yield "|---|---|---|---|"
    for name, field in Settings.model_fields.items():
        option = spelling(field).option
        written = f"| `{option}` " if option else "| "
        more = "; in the variable separated by commas" if is_list(field) else ""
        yield f"{written}| `{variable_of(name)}` | {default(field)} | {description(field)}{more} |"


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for path, text in ((PATH, reference()), (README, readme())):
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is out of date; run `make reference`")


if __name__ == "__main__":
    main()
