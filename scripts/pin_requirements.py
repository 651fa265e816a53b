"""Resolve what pyproject.toml asks for into exact versions with hashes, so that everybody works with the same files.

``python -m scripts.pin_requirements`` asks uv for the newest versions that suit the oldest supported Python and every
platform, and writes them to requirements/ with the hashes of all of their files: ``build.txt`` for what builds the
package, ``run.txt`` for the server, ``dask.txt`` for its extra, ``dev.txt`` for developers, ``bench.txt`` for
benchmarks, some on top of another; ``parity.txt`` is written by hand. ``--keep`` holds the versions that are written
there already. ``--check`` changes and downloads nothing: it tells whether the pins still answer pyproject.toml and have
hashes, and whether package-lock.json names a registry, which no file should.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.build import get_requires_for_build_editable
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"

# The newest version for the oldest Python is not always one for the newest Python.
NEWER_PYTHON = {"numpy": ("3.15", "2.5.5")}

_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_RELEASE = re.compile(r"python_full_version ([<>=]+ '\d+\.\d+')")
"""What uv writes; a Python that is not released yet, as 3.15.0rc1, is neither before nor after 3.15 by it."""


@dataclass(frozen=True)
class Level:
    """A file of pins.

    Attributes:
        name: of the file, without its ending.
        base: name of the file it stands on, or None. What that one pins is left out.
        group: dependency group of pyproject.toml, beside what the server needs to run.
        extra: extra of pyproject.toml, likewise.
        by_hand: whether it is written by hand and has no hashes.
    """

    name: str
    base: str | None = None
    group: str | None = None
    extra: str | None = None
    by_hand: bool = False


LEVELS = (
    Level("build"),
    Level("run"),
    Level("dask", base="run", extra="dask"),
    Level("dev", base="run", group="dev"),
    Level("bench", base="dev", group="bench"),
    # What PyTorch and Keras need differs from platform to platform, so that is left to pip: no file with hashes may be
    # included there, as pip then wants hashes of everything.
    Level("parity", group="parity", by_hand=True),
)


@dataclass(frozen=True)
class Pin:
    """An exact version of a package.

    Attributes:
        requirement: what is written: ``name==version``, perhaps with a marker.
        hashes: of the files that may be installed, ``sha256:…``.
    """

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the package, in the form in which names are compared."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str | None:
        """The version, or None if it is not exactly one."""
        found = re.fullmatch(r"==([^*]+)", str(self.requirement.specifier))
        return found[1] if found else None

    def __str__(self) -> str:
        """Return the pin as pip reads it."""
        return " \\\n    ".join([str(self.requirement), *(f"--hash={each}" for each in self.hashes)])


def asked(project: Mapping[str, Any], level: Level) -> list[str]:
    """Return the requirements that a level adds to those of the server, and to those of what it stands on."""
    if level.name == "build":
        return [*project["build-system"]["requires"], *get_requires_for_build_editable()]
    if level.extra is not None:
        return list(project["project"]["optional-dependencies"][level.extra])
    if level.group is not None:
        return _group(project, level.group)
    return list(project["project"]["dependencies"])


def _group(project: Mapping[str, Any], name: str) -> list[str]:
    found: list[str] = []
    for entry in project["dependency-groups"][name]:
        found += [entry] if isinstance(entry, str) else _group(project, entry["include-group"])
    return found


def read(text: str) -> list[Pin]:
    """Return the pins in the text of a requirements file.

    Raises:
        ValueError: something else stands there; quotes it.
    """
    pins = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith(("#", "-r ")):
            continue
        requirement, *hashes = line.split("--hash=")
        try:
            pins.append(Pin(Requirement(requirement.strip()), tuple(each.strip() for each in hashes)))
        except InvalidRequirement:
            raise ValueError(line) from None
    return pins


def resolve(requirements: Iterable[str], constraints: Iterable[str]) -> list[Pin]:
    """Ask uv for the newest versions of requirements and of what they need, on every platform."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += [
        "--no-header",
        "--no-annotate",
        "--python-version",
        OLDEST_PYTHON,
        "--fork-strategy",
        "fewest",
    ]
    with tempfile.TemporaryDirectory() as folder:
        limits = Path(folder, "constraints.txt")
        limits.write_text("\n".join(constraints), encoding="utf-8")
        written = subprocess.run(
            [*command, "--constraints", str(limits), "-"],
            input="\n".join(requirements),
            stdout=subprocess.PIPE,
            check=True,
            encoding="utf-8",
        ).stdout
    written = _RELEASE.sub(r"python_version \1", written)
    # What only a Python in a browser needs is installed by nobody.
    return [pin for pin in read(written) if 'sys_platform == "emscripten"' not in str(pin.requirement.marker)]


def write(*, keep: bool = False) -> None:
    """Write the files of exact versions.

    Args:
        keep: hold the versions that are written there already.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    levels = [level for level in LEVELS if not level.by_hand]
    limits = [
        f'{name}=={newer} ; python_version >= "{python}"' for name, (python, newer) in NEWER_PYTHON.items()
    ]
    if keep:
        paths = [ROOT / "requirements" / f"{level.name}.txt" for level in levels]
        pins = [pin for path in paths if path.exists() for pin in read(path.read_text(encoding="utf-8"))]
        limits += sorted({str(pin.requirement) for pin in pins})
    # Everything together first, so that all files agree.
    wanted = {text for level in levels for text in asked(project, level)}
    limits = [str(pin.requirement) for pin in resolve(sorted(wanted), limits)]
    texts: dict[str, set[str]] = {}
    for level in levels:
        needed = asked(project, level)
        if level.name != "build":
            needed += project["project"]["dependencies"]
        found = {str(pin) for pin in resolve(needed, limits)}
        below = texts.get(level.base or "", set())
        texts[level.name] = found | below
        lines = [
            "# Exact versions with the hashes of their files, written by `make pins` from pyproject.toml."
        ]
        lines += [f"-r {level.base}.txt"] if level.base else []
        (ROOT / "requirements" / f"{level.name}.txt").write_text(
            "\n".join([*lines, *sorted(found - below)]) + "\n", encoding="utf-8", newline="\n"
        )


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the files that pin something."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    of_level: dict[str, list[Pin]] = {}
    markers: dict[tuple[str, str], str] = {}  # by name and marker, the requirement that was read first
    for level in LEVELS:
        file = f"requirements/{level.name}.txt"
        try:
            pins = read((root / file).read_text(encoding="utf-8"))
        except ValueError as error:
            yield f"{file}: {str(error)!r} is not an exact version"
            continue
        for pin in pins:
            if pin.version is None:
                yield f"{file}: {str(pin.requirement)!r} is not an exact version"
            if not level.by_hand and not (pin.hashes and all(map(_HASH.fullmatch, pin.hashes))):
                yield f"{file}: {pin.requirement} has no hashes, or others than sha256; run `make pins`"
            key = pin.name, str(pin.requirement.marker)
            if markers.setdefault(key, str(pin.requirement)) != str(pin.requirement):
                yield f"{file}: {pin.requirement}, but another file has {markers[key]}; run `make pins`"
        of_level[level.name] = of_level.get(level.base or "", []) + pins
        for text in asked(project, level):
            requirement = Requirement(text)
            known = of_level["bench"] + pins if level.by_hand else of_level[level.name]
            fitting = [pin for pin in known if pin.name == canonicalize_name(requirement.name)]
            if not fitting:
                yield f"{file}: {requirement.name} is asked for, but not pinned; run `make pins`"
            for pin in fitting:
                if pin.version is not None and not requirement.specifier.contains(
                    pin.version, prereleases=True
                ):
                    yield f"{file}: {pin.requirement} is not {text}; run `make pins`"
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    for name, entry in lock["packages"].items():
        if "resolved" in entry:
            yield f"package-lock.json: {name} names its registry; .npmrc should prevent that"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pins; return the exit status."""
    parser = argparse.ArgumentParser(description="Resolve pyproject.toml into exact versions with hashes.")
    parser.add_argument("--check", action="store_true", help="change nothing, tell what is wrong")
    parser.add_argument("--keep", action="store_true", help="hold the versions that are pinned already")
    options = parser.parse_args(arguments)
    if not options.check:
        write(keep=options.keep)
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
