"""Write the table of settings in README.md from their declaration.

``python -m scripts.generate_settings`` writes it, ``--check`` only says whether it is up to date.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from server.settings import Settings
from server.settings.environment import variable_of
from server.settings.options import default, is_list, spelling

PATH = Path(__file__).parents[1] / "README.md"


def with_table(text: str) -> str:
    """Return the text of the README with the table as it is to be."""
    table = "\n".join(_table())
    return re.sub(r"(?m)^\| option \| variable \|.*(\n\|.*)*", lambda _: table, text)


def _table() -> Iterator[str]:
    yield "| option | variable | default | |"
    yield "|---|---|---|---|"
    for name, field in Settings.model_fields.items():
        option = spelling(field).option
        written = f"| `{option}` " if option else "| "
        more = "; in the variable separated by commas" if is_list(field) else ""
        yield f"{written}| `{variable_of(name)}` | {default(field)} | {field.description}{more} |"


def main() -> None:
    """Write the table, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    before = PATH.read_text(encoding="utf-8")
    if not parser.parse_args().check:
        PATH.write_text(with_table(before), encoding="utf-8", newline="\n")
    elif before != with_table(before):
        sys.exit("the settings in README.md are out of date; run `make reference`")


if __name__ == "__main__":
    main()
