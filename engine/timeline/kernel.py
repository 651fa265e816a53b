"""What computes the numbers of this process: NumPy's version and the kernels on which their last digits depend."""

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.linalg import _umath_linalg

from engine.timeline.entries import Strict

_CORE_NAMES = ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename")
"""Functions of OpenBLAS that return the name of its kernel, as NumPy's builds call them."""


class Kernel(Strict):
    """What computed a run.

    Attributes:
        numpy: version of NumPy.
        core: OpenBLAS's name of the processor type; empty if it is not known.
        instructions: instruction sets that NumPy uses above its baseline.
    """

    numpy: str
    core: str
    instructions: tuple[str, ...]

    def __str__(self) -> str:
        """Return all in one line."""
        return ", ".join(filter(None, (f"NumPy {self.numpy}", self.core, " ".join(self.instructions))))


@cache
def present_kernel() -> Kernel:
    """Return what computes in this process."""
    config: Any = np.show_config(mode="dicts")
    found = config.get("SIMD Extensions", {}).get("found", [])
    return Kernel(numpy=np.__version__, core=_core(), instructions=tuple(found))


def _core() -> str:
    library = ctypes.CDLL(
        _umath_linalg.__file__
    )  # its symbols and those of OpenBLAS, where that is a library
    for name in _CORE_NAMES:
        function = getattr(library, name, None)
        if function is not None:
            function.restype = ctypes.c_char_p
            return str(function().decode())
    return ""
