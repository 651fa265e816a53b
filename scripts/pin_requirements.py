"""Resolve the requirements of pyproject.toml into exact versions with hashes, so that all installations are equal.

``python -m scripts.pin_requirements`` asks uv for the newest versions for the oldest supported Python and every
platform, and writes them to requirements/ with the hashes of all their files: ``build.txt`` for building the package,
``run.txt`` for the server, ``dask.txt`` for its extra, ``dev.txt`` for developers, ``bench.txt`` for benchmarks, some
on top of another; ``parity.txt`` is written by hand. ``--keep`` keeps versions that are pinned already. ``--check``
changes and downloads nothing: it checks that the pins satisfy pyproject.toml and have hashes, and that
package-lock.json names no registry.
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

# The newest version for the oldest Python does not always support the newest Python.
NEWER_PYTHON = {"numpy": ("3.15", "2.5.5")}

_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_RELEASE = re.compile(r"python_full_version ([<>=]+ '\d+\.\d+')")
"""uv's markers; for them a pre-release such as 3.15.0rc1 is neither before nor after 3.15."""


@dataclass(frozen=True)
class PinFile:
    """A file of pins.

    Attributes:
        name: of the file, without its suffix.
        base: name of the file that it includes, or None; the pins of that one are left out.
        group: dependency group of pyproject.toml, in addition to the server's dependencies.
        extra: extra of pyproject.toml, likewise.
        by_hand: whether it is written by hand and has no hashes.
    """

    name: str
    base: str | None = None
    group: str | None = None
    extra: str | None = None
    by_hand: bool = False


PIN_FILES = (
    PinFile("build"),
    PinFile("run"),
    PinFile("dask", base="run", extra="dask"),
    PinFile("dev", base="run", group="dev"),
    PinFile("bench", base="dev", group="bench"),
    # The dependencies of PyTorch and Keras differ between platforms, so pip resolves them: no file with hashes may be
    # included, as pip would then require hashes of everything.
    PinFile("parity", group="parity", by_hand=True),
)


@dataclass(frozen=True)
class Pin:
    """An exact version of a package.

    Attributes:
        requirement: ``name==version``, optionally with a marker.
        hashes: of the package's files, ``sha256:…``.
    """

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The normalized name of the package."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str | None:
        """The version, or None if the requirement is not an exact version."""
        found = re.fullmatch(r"==([^*]+)", str(self.requirement.specifier))
        return found[1] if found else None

    def __str__(self) -> str:
        """Return the pin in pip's format."""
        return " \\\n    ".join([str(self.requirement), *(f"--hash={each}" for each in self.hashes)])


def requirements_of(project: Mapping[str, Any], pin_file: PinFile) -> list[str]:
    """Return the requirements that a file adds to those of the server and of its base."""
    if pin_file.name == "build":
        return [*project["build-system"]["requires"], *get_requires_for_build_editable()]
    if pin_file.extra is not None:
        return list(project["project"]["optional-dependencies"][pin_file.extra])
    if pin_file.group is not None:
        return _group(project, pin_file.group)
    return list(project["project"]["dependencies"])


def _group(project: Mapping[str, Any], name: str) -> list[str]:
    found: list[str] = []
    for entry in project["dependency-groups"][name]:
        found += [entry] if isinstance(entry, str) else _group(project, entry["include-group"])
    return found


def read(text: str) -> list[Pin]:
    """Return the pins in the text of a requirements file.

    Raises:
        ValueError: a line is not a requirement; quotes it.
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
    """Ask uv for the newest versions of requirements and of their dependencies, on every platform."""
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
    # Packages for Python in a browser are not needed.
    return [pin for pin in read(written) if 'sys_platform == "emscripten"' not in str(pin.requirement.marker)]


def write(*, keep: bool = False) -> None:
    """Write the files of exact versions.

    Args:
        keep: keep versions that are pinned already.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    files = [pin_file for pin_file in PIN_FILES if not pin_file.by_hand]
    limits = [
        f'{name}=={newer} ; python_version >= "{python}"' for name, (python, newer) in NEWER_PYTHON.items()
    ]
    if keep:
        paths = [ROOT / "requirements" / f"{pin_file.name}.txt" for pin_file in files]
        pins = [pin for path in paths if path.exists() for pin in read(path.read_text(encoding="utf-8"))]
        limits += sorted({str(pin.requirement) for pin in pins})
    # Everything together first, so that all files agree.
    wanted = {text for pin_file in files for text in requirements_of(project, pin_file)}
    limits = [str(pin.requirement) for pin in resolve(sorted(wanted), limits)]
    texts: dict[str, set[str]] = {}
    for pin_file in files:
        needed = requirements_of(project, pin_file)
        if pin_file.name != "build":
            needed += project["project"]["dependencies"]
        found = {str(pin) for pin in resolve(needed, limits)}
        below = texts.get(pin_file.base or "", set())
        texts[pin_file.name] = found | below
        lines = [
            "# Exact versions with the hashes of their files, written by `make pins` from pyproject.toml."
        ]
        lines += [f"-r {pin_file.base}.txt"] if pin_file.base else []
        (ROOT / "requirements" / f"{pin_file.name}.txt").write_text(
            "\n".join([*lines, *sorted(found - below)]) + "\n", encoding="utf-8", newline="\n"
        )


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield a sentence for each error in the files of pins and in package-lock.json."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pins_by_file: dict[str, list[Pin]] = {}
    markers: dict[tuple[str, str], str] = {}  # by name and marker, the requirement that was read first
    for pin_file in PIN_FILES:
        file = f"requirements/{pin_file.name}.txt"
        try:
            pins = read((root / file).read_text(encoding="utf-8"))
        except ValueError as error:
            yield f"{file}: {str(error)!r} is not an exact version"
            continue
        for pin in pins:
            if pin.version is None:
                yield f"{file}: {str(pin.requirement)!r} is not an exact version"
            if not pin_file.by_hand and not (pin.hashes and all(map(_HASH.fullmatch, pin.hashes))):
                yield f"{file}: {pin.requirement} has no hashes, or others than sha256; run `make pins`"
            key = pin.name, str(pin.requirement.marker)
            if markers.setdefault(key, str(pin.requirement)) != str(pin.requirement):
                yield f"{file}: {pin.requirement}, but another file has {markers[key]}; run `make pins`"
        pins_by_file[pin_file.name] = pins_by_file.get(pin_file.base or "", []) + pins
        for text in requirements_of(project, pin_file):
            requirement = Requirement(text)
            known = pins_by_file["bench"] + pins if pin_file.by_hand else pins_by_file[pin_file.name]
            fitting = [pin for pin in known if pin.name == canonicalize_name(requirement.name)]
            if not fitting:
                yield f"{file}: {requirement.name} is required, but not pinned; run `make pins`"
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
    parser.add_argument("--check", action="store_true", help="change nothing, print what is wrong")
    parser.add_argument("--keep", action="store_true", help="keep versions that are pinned already")
    options = parser.parse_args(arguments)
    if not options.check:
        write(keep=options.keep)
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
