"""Write tests/fixtures/experiment.json, the default experiment as the wire spells it, for the tests of the page.

``python -m scripts.generate_fixtures`` writes it, ``--check`` only says whether it is up to date.
"""

import argparse
import json
import sys
from pathlib import Path

from engine import Experiment

PATH = Path(__file__).parents[1] / "tests" / "fixtures" / "experiment.json"


def fixture() -> str:
    """Return the file."""
    return json.dumps(Experiment().model_dump(mode="json"), indent=2) + "\n"


def main() -> None:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        PATH.write_text(fixture(), encoding="utf-8", newline="\n")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != fixture():
        sys.exit(f"{PATH.name} is out of date; run `make fixtures`")


if __name__ == "__main__":
    main()
