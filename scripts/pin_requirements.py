"""Resolve what pyproject.toml asks for into exact versions, so that everybody works with the same tools.

``python -m scripts.pin_requirements`` asks pip for the newest versions that suit the oldest supported Python,
and writes them to requirements/: ``run.txt`` for the server, ``dev.txt`` for developers, ``bench.txt`` for
benchmarks, each on top of the one before; ``parity.txt`` is written by hand. ``--check`` changes and downloads
nothing: it tells whether the pins still answer pyproject.toml, and whether package-lock.json names a registry,
which no file should.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"

# file, dependency group (None: the run time), the file it stands on
LEVELS = (("run", None, None), ("dev", "dev", "run"), ("bench", "bench", "dev"))

# Pinned by hand: what PyTorch and Keras need differs from platform to platform, so that is left to pip.
BY_HAND = (("parity", "parity", "bench"),)

# The newest version for the oldest Python is not always one for the newest Python.
NEWER_PYTHON = {"numpy": ("3.15", "2.5.5")}

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)(?: ; python_version (<|>=) \"3\.\d+\")?$")


def asked(project: Mapping[str, Any], group: str | None) -> list[str]:
    """Return the requirements of a dependency group with the groups it includes; of the run time for None."""
    if group is None:
        return list(project["project"]["dependencies"])
    found: list[str] = []
    for entry in project["dependency-groups"][group]:
        found += [entry] if isinstance(entry, str) else asked(project, entry["include-group"])
    return found


def resolve(requirements: Iterable[str]) -> dict[str, tuple[str, list[str]]]:
    """Ask pip what would be installed: for each name its version and what it requires itself."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--only-binary=:all:", "--python-version", OLDEST_PYTHON, "--target", folder]
        subprocess.run([*command, "--report", str(report), *requirements], check=True)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    metadata = [entry["metadata"] for entry in installed]
    return {
        canonicalize_name(entry["name"]): (entry["version"], entry.get("requires_dist", []))
        for entry in metadata
    }


def closure(requirements: Iterable[str], resolved: Mapping[str, tuple[str, list[str]]]) -> set[str]:
    """Return the names of what ``requirements`` need, directly or not, among the resolved packages."""
    names: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in names or name not in resolved:
            continue
        names.add(name)
        for text in resolved[name][1]:
            needed = Requirement(text)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return names


def write() -> None:
    """Write the files of exact versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    everything = [text for _, group, _ in LEVELS for text in asked(project, group)]
    resolved = resolve(sorted(set(everything)))
    below: set[str] = set()
    for level, group, base in LEVELS:
        wanted = closure(asked(project, group), resolved) | below
        lines = ["# Exact versions, written by `make pins` from pyproject.toml."]
        if base is not None:
            lines.append(f"-r {base}.txt")
        for name in sorted(wanted - below):
            version = resolved[name][0]
            if name in NEWER_PYTHON:
                python, newer = NEWER_PYTHON[name]
                lines.append(f'{name}=={version} ; python_version < "{python}"')
                lines.append(f'{name}=={newer} ; python_version >= "{python}"')
            else:
                lines.append(f"{name}=={version}")
        (ROOT / "requirements" / f"{level}.txt").write_text(
            "\n".join(lines) + "\n", encoding="utf-8", newline="\n"
        )
        below = wanted


def problems() -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the files that pin something."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins: dict[str, list[str]] = {}
    for level, group, base in (*LEVELS, *BY_HAND):
        file = f"requirements/{level}.txt"
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("#") or line == f"-r {base}.txt":
                continue
            pin = _PIN.match(line)
            if pin is None:
                yield f"{file}:{number}: {line!r} is not an exact version"
            else:
                pins.setdefault(canonicalize_name(pin[1]), []).append(pin[2])
        for text in asked(project, group):
            requirement = Requirement(text)
            versions = pins.get(canonicalize_name(requirement.name), [])
            if not versions:
                yield f"{file}: {requirement.name} is asked for, but not pinned; run `make pins`"
            for version in versions:
                if Version(version) not in requirement.specifier:
                    yield f"{file}: {requirement.name}=={version} is not {text}; run `make pins`"
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for name, entry in lock["packages"].items():
        if "resolved" in entry:
            yield f"package-lock.json: {name} names its registry; .npmrc should prevent that"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pins; return the exit status."""
    parser = argparse.ArgumentParser(description="Resolve pyproject.toml into exact versions.")
    parser.add_argument("--check", action="store_true", help="change nothing, tell what is wrong")
    options = parser.parse_args(arguments)
    if not options.check:
        write()
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
