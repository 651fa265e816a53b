"""Functions for workers: they answer, hang, die and fill the memory. Here, as workers have to import them by name."""

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np


def answer(value: int = 42) -> int:
    return value


def describe() -> tuple[int, int, str | None]:
    """Return number and niceness of the process, and how many threads linear algebra may have."""
    return os.getpid(), os.nice(0) if hasattr(os, "nice") else 0, os.environ.get("OPENBLAS_NUM_THREADS")


def has_loaded(module: str) -> bool:
    return module in sys.modules


def has_workspace() -> bool:
    """Return whether something was computed in this process before."""
    from engine.training.workspace import POOL

    return POOL.bytes > 0


def refuse() -> None:
    raise ValueError("as it happens")


def die() -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # on Windows every signal ends it


def die_once(mark: Path) -> int:
    """Die, leaving a mark; answer where the mark is already."""
    if not mark.exists():
        mark.touch()
        die()
    return os.getpid()


def hang(begun: Path) -> None:
    begun.touch()
    threading.Event().wait()


def wait_for(begun: Path, go_on: Path) -> int:
    """Write the number of the process to a file, and return it once another file is there."""
    written = begun.with_suffix(".new")
    written.write_text(str(os.getpid()), encoding="ascii")
    written.replace(begun)
    while not go_on.exists():
        threading.Event().wait(0.01)
    return os.getpid()


def hog(bytes_: int) -> int:
    """Take so much memory."""
    return int(np.ones(bytes_, np.uint8)[-1])


def lack_memory() -> None:
    raise MemoryError
