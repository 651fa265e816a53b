"""Find out which kernels compute in this process: those that OpenBLAS has chosen, and NumPy's instructions.

``python -m scripts.find_kernel`` prints them as JSON, with the names of all instructions that are in use.
"""

import json
from dataclasses import asdict, dataclass

# Nothing public names the instructions.
from numpy._core import _multiarray_umath as umath  # type: ignore[attr-defined]
from threadpoolctl import threadpool_info


@dataclass(frozen=True)
class Kernel:
    """What the last digits of a result depend on.

    Attributes:
        core: the kind of processor that OpenBLAS computes for, as it reports it; empty if NumPy has another library.
        instructions: the levels above NumPy's baseline that are in use, lowest first.
    """

    core: str
    instructions: tuple[str, ...]

    def __str__(self) -> str:
        """Return both in words."""
        return f"{self.core or 'no OpenBLAS'}, {' '.join(self.instructions) or 'baseline'}"


def present_kernel() -> Kernel:
    """Return what computes in this process."""
    cores = [
        library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"
    ]
    levels = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    return Kernel(cores[0] if cores else "", tuple(levels))


if __name__ == "__main__":
    features = [name for name, in_use in umath.__cpu_features__.items() if in_use]
    print(json.dumps(asdict(present_kernel()) | {"features": features}))
