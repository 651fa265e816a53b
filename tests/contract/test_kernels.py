"""Kernels: what is equal to the last bit, what only nearly, and that `make kernels` runs what it says."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.arrays import FloatArray
from scripts import run_kernels
from scripts.find_kernel import Kernel, present_kernel
from scripts.run_kernels import Processor, find, run_kernel
from tests.support.live_server import ROOT

SCRIPT = """
import pickle, sys
from engine import Experiment, advance, begin
run, _ = advance(begin(Experiment()), steps=100)
sys.stdout.buffer.write(pickle.dumps(run.parameters))
"""
OLDEST = Kernel("Nehalem", ())


@pytest.fixture(scope="module")
def processor() -> Processor:
    return find(Processor(present_kernel(), frozenset()).environment())


def trained_elsewhere(environment: dict[str, str]) -> FloatArray:
    """Return the parameters after 100 steps in a process of another environment."""
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    parameters: FloatArray = pickle.loads(result.stdout)
    return parameters


def trained_here() -> FloatArray:
    return advance(begin(Experiment()), steps=100)[0].parameters


def test_with_the_same_kernel_another_process_has_the_same_bits() -> None:
    np.testing.assert_array_equal(trained_elsewhere(dict(os.environ)), trained_here())


def test_with_another_kernel_a_calm_run_is_nearly_the_same(processor: Processor) -> None:
    if not processor.can(OLDEST.core):
        pytest.skip("NumPy has no other kernels here")

    # 1e-16 was measured between any two of eight.
    np.testing.assert_allclose(
        trained_elsewhere(processor.environment(OLDEST)), trained_here(), rtol=0, atol=1e-12
    )


def test_what_is_asked_for_is_what_computes(processor: Processor) -> None:
    for asked in processor.kernels():
        if processor.can(asked.core):
            assert find(processor.environment(asked)).kernel == asked


def test_a_kernel_that_openblas_does_not_know_is_a_failure_and_runs_nothing(processor: Processor) -> None:
    status, found, result = run_kernel(processor, Kernel("Nehelam", ()), ["no/such/tests"])

    assert status != 0
    assert found == Kernel(processor.kernel.core, ())
    assert result.startswith("NOT RUN")


def test_a_processor_that_can_do_no_kernel_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        run_kernels, "find", lambda environment: Processor(Kernel("neoversen1", ()), frozenset())
    )

    assert run_kernels.main([]) == run_kernels.main(["--other"]) == 0
    assert capsys.readouterr().out.count("not on this processor") == len(run_kernels.CORES)


def test_a_test_that_fails_under_a_kernel_is_counted_and_fails_the_whole(
    tmp_path: Path, processor: Processor
) -> None:
    test = tmp_path / "test_it.py"
    test.write_text("def test_it():\n    assert False\n")

    status, _, result = run_kernel(processor, processor.kernel, [str(test)])

    assert status == 1
    assert result.startswith("0 passed, 1 failed")


@pytest.mark.parametrize("status", [1, -6], ids=["a failure", "a signal"])
def test_one_kernel_that_fails_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, processor: Processor, status: int
) -> None:
    results = iter([0, status])
    monkeypatch.setattr(Processor, "can", lambda self, core: True)
    monkeypatch.setattr(
        run_kernels, "run_kernel", lambda processor, asked, _: (next(results, 0), asked, "12 passed")
    )

    assert run_kernels.run_every(processor, []) == status
