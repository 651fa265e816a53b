"""Print all tables in Markdown: ``python -m benchmarks``, or ``python -m benchmarks engine`` for one of them."""

import importlib
import os
import platform
import sys
from collections.abc import Sequence

# Before NumPy is imported: more threads than one make small products slower and ratios meaningless.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"

TABLES = (
    "engine",
    "learning",
    "exercises",
    "frames",
    "pictures",
    "viewers",
    "browser",
    "opening",
    "page",
    "latency",
)


def main(chosen: Sequence[str]) -> None:
    import numpy as np
    from threadpoolctl import threadpool_info

    kernels = {library["architecture"] for library in threadpool_info() if library["user_api"] == "blas"}
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, one BLAS thread"
        f" ({', '.join(sorted(kernels))} kernels)."
    )
    for module in (importlib.import_module(f"benchmarks.{name}") for name in chosen or TABLES):
        print(f"\n## {module.TITLE}\n\n{module.TEXT}\n", flush=True)
        print(line(module.HEADER))
        print(line(["---"] * len(module.HEADER)))
        for row in module.rows():
            print(line(row), flush=True)


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
