"""The setup of an engine process: signals, priority, memory limit, one BLAS thread. Runs in the engine process."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import MutableMapping
from typing import Any

PRELOADED_MODULE = "server.sessions.slices"
"""The module with the functions that are run; loading its imports takes longer than a call may run."""

NICE = 10
"""Niceness of an engine process, relative to the server."""

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_blas_threads(environment: MutableMapping[str, str]) -> None:
    """Set the variables that limit linear algebra to one thread per process.

    NumPy reads them when it is imported. More threads would compete with the other processes, and round differently.
    """
    environment.update(dict.fromkeys(_THREADS, "1"))


def initialize_worker(memory: int) -> None:
    """Set up an engine process.

    Ignores Ctrl-C and the end of the terminal, which the server handles; lowers the priority; limits the address space
    to ``memory`` bytes where the platform can; ends when the server ends, in whatever way. Loads the engine and
    computes a slice, so that this counts neither for the deadline of a call nor for the first picture.
    """
    # Ctrl-C, a terminal that is closed, and on Windows Ctrl-Break: all processes of a console get them.
    for name in ("SIGINT", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # some sandboxes do not let it
            os.nice(NICE)
    _limit(memory)
    threading.Thread(target=_end_with_server, name="end-with-server", daemon=True).start()
    importlib.import_module(PRELOADED_MODULE).warm_up()


def _limit(memory: int) -> None:
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS knows the limit, but takes none
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _end_with_server() -> None:
    """Wait for the end of the server, which a process that waits for a call would not notice, then exit."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)
