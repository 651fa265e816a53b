"""Find the kernels of this process: the one that OpenBLAS has chosen, and NumPy's CPU instructions.

``python -m scripts.find_kernel`` prints them as JSON, with the names of all instructions in use.
"""

import json
from dataclasses import asdict, dataclass

# There is no public function for the instructions.
from numpy._core import _multiarray_umath as umath  # type: ignore[attr-defined]
from threadpoolctl import threadpool_info


@dataclass(frozen=True)
class Kernel:
    """The kernels on which the last digits of a result depend.

    Attributes:
        core: OpenBLAS's name of the processor type; empty if NumPy uses another library.
        instructions: instruction sets in use above NumPy's baseline, lowest first.
    """

    core: str
    instructions: tuple[str, ...]

    def __str__(self) -> str:
        """Return both as text."""
        return f"{self.core or 'no OpenBLAS'}, {' '.join(self.instructions) or 'baseline'}"


def present_kernel() -> Kernel:
    """Return the kernel of this process."""
    cores = [
        library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"
    ]
    levels = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    return Kernel(cores[0] if cores else "", tuple(levels))


if __name__ == "__main__":
    features = [name for name, in_use in umath.__cpu_features__.items() if in_use]
    print(json.dumps(asdict(present_kernel()) | {"features": features}))
