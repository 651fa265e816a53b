"""Run tests under several kernels of OpenBLAS and NumPy: guarantees about results hold under all of them.

``python -m scripts.run_kernels [arguments of pytest]`` runs ``TESTS`` under each kernel that this processor supports,
and prints a table. It fails if a test fails, or if another kernel is in use than was requested: OpenBLAS and NumPy
ignore unknown names. ``--other`` runs them once, under a kernel that is not the one of this environment, if there is
one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from scripts.find_kernel import Kernel

ROOT = Path(__file__).resolve().parent.parent
CORES = {
    "Nehalem": ("SSE42",),
    "Sandybridge": ("AVX",),
    "Haswell": ("AVX2", "FMA3"),
    "SkylakeX": ("AVX512_SKX",),
}
"""OpenBLAS's names of its kernels, oldest first, with NumPy's names of the instructions that each needs."""

TESTS = (
    "tests/engine",
    "tests/server/export",
    "tests/server/web/test_export_route.py",
    "tests/contract/test_kernels.py",
    "tests/contract/test_starts.py",
    "tests/contract/test_tutorial.py",
)
"""Tests that compare results of training."""

MINUTES = 30
"""Timeout for the tests of one kernel."""

_EXAMPLES = "0.25"  # the share of the examples of each property: see tests/support/strategies.py
_OPTIONS = ("--timeout=300",)  # old kernels take several times as long for large networks

_VARIABLES = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")


@dataclass(frozen=True)
class Processor:
    """The processor, and the kernel that is used by default.

    Attributes:
        kernel: what OpenBLAS and NumPy choose.
        features: NumPy's names of all instructions of the processor.
    """

    kernel: Kernel
    features: frozenset[str]

    def can(self, core: str) -> bool:
        """Return whether it supports a kernel of ``CORES``; False if NumPy does not use OpenBLAS."""
        return bool(self.kernel.core) and self.features.issuperset(CORES[core])

    def kernels(self) -> Iterator[Kernel]:
        """Yield every kernel with NumPy's baseline only, and with all of NumPy's instructions, supported or not."""
        for core in CORES:
            for instructions in dict.fromkeys([(), self.kernel.instructions]):
                yield Kernel(core, instructions)

    def environment(self, asked: Kernel | None = None) -> dict[str, str]:
        """Return the environment variables for a kernel (None: the default); child processes inherit them."""
        environment = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
        environment["OPENBLAS_NUM_THREADS"] = "1"  # as in engine processes
        environment.setdefault("PLAYGROUND_EXAMPLES", _EXAMPLES)
        if asked is not None:
            environment["OPENBLAS_CORETYPE"] = asked.core
            disabled = [name for name in self.kernel.instructions if name not in asked.instructions]
            environment["NPY_DISABLE_CPU_FEATURES"] = ",".join(disabled)
        return environment


def find(environment: Mapping[str, str]) -> Processor:
    """Return the processor as a process with this environment reports it."""
    command = [sys.executable, "-m", "scripts.find_kernel"]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, timeout=60
    )
    found = json.loads(answer.stdout)
    return Processor(Kernel(found["core"], tuple(found["instructions"])), frozenset(found["features"]))


def run_tests(environment: Mapping[str, str], arguments: Sequence[str]) -> tuple[int, str]:
    """Run pytest; return its exit status and a summary."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *_OPTIONS, *arguments]
        began = time.monotonic()
        try:
            status = subprocess.run(
                command, cwd=ROOT, env=environment, check=False, timeout=60 * MINUTES
            ).returncode
        except subprocess.TimeoutExpired:
            return 1, f"GIVEN UP after {MINUTES} minutes"
        counts = ElementTree.parse(report).find("testsuite") if report.exists() else None
    if counts is None:
        return status, f"NOT RUN: pytest ended with {status}"
    failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
    tried = int(counts.get("tests", 0)) - int(counts.get("skipped", 0))
    return status, f"{tried - failed} passed, {failed} failed, {time.monotonic() - began:.0f} s"


def run_kernel(processor: Processor, asked: Kernel, arguments: Sequence[str]) -> tuple[int, Kernel, str]:
    """Run the tests under a kernel; return the exit status, the kernel in use, and a summary."""
    environment = processor.environment(asked)
    found = find(environment).kernel
    if found != asked:
        return 1, found, f"NOT RUN: {asked} was asked for"
    print(f"\nTests under {asked}", flush=True)
    status, result = run_tests(environment, arguments)
    return status, found, result


def run_every(processor: Processor, arguments: Sequence[str]) -> int:
    """Run the tests under every kernel and print the table; return the exit status."""
    table = [("asked for", "reported", "tests")]
    first = 0  # a status below zero is a signal
    for asked in processor.kernels():
        if processor.can(asked.core):
            status, found, result = run_kernel(processor, asked, arguments)
            first = first or status
            table.append((str(asked), str(found), result))
        else:
            table.append((str(asked), "", "not on this processor"))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    print(f"\nBy itself: {processor.kernel}\n")
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return first


def run_other(processor: Processor, arguments: Sequence[str]) -> int:
    """Run the tests under another kernel than that of this environment; return the exit status."""
    present = find(os.environ).kernel
    others = [one for one in processor.kernels() if processor.can(one.core) and one != present]
    if not others:
        print(f"{present} computes here, and no other kernel can: the tests of training ran under one only.")
        return 0
    status, found, result = run_kernel(processor, others[0], arguments)
    print(f"{found}: {result}")
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests; return the exit status: the first one of pytest that is not 0."""
    parser = argparse.ArgumentParser(description="Run tests under several kernels.", allow_abbrev=False)
    parser.add_argument(
        "--other", action="store_true", help="only under another one than that of this environment"
    )
    options, for_pytest = parser.parse_known_args(arguments)
    processor = find({name: value for name, value in os.environ.items() if name not in _VARIABLES})
    return (run_other if options.other else run_every)(processor, [*TESTS, *for_pytest])


if __name__ == "__main__":
    sys.exit(main())
