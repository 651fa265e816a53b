"""Find a Node.js that can run the JavaScript tests, and print its path.

Tried in order: the variable ``PLAYGROUND_NODE``, ``node`` on the PATH, and the one in the Python package
`playwright`, so that the JavaScript tests run wherever the browser tests do.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = 20


def find_node() -> str | None:
    """Return the path of a Node.js that is new enough, or None."""
    for path in _candidates():
        if _major(path) >= OLDEST:
            return path
    return None


def _candidates() -> Iterator[str]:
    for name in (os.environ.get("PLAYGROUND_NODE"), "node", "nodejs"):
        path = shutil.which(name) if name else None
        if path is not None:
            yield path
    package = importlib.util.find_spec("playwright")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for name in ("node", "node.exe"):
            carried = Path(folder) / "driver" / name
            if carried.is_file():
                yield str(carried)


def _major(path: str) -> int:
    """Return the major version of the Node.js at ``path``, 0 if it prints none."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, check=False, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.match(r"v(\d+)\.", answer.stdout)
    return int(version[1]) if version else 0


def main() -> int:
    """Print the path; return the exit status."""
    path = find_node()
    if path is None:
        print(f"find_node: no Node.js {OLDEST} or newer was found", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
