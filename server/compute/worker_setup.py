"""The setup of an engine process: signals, priority, memory limit, one BLAS thread. Runs in the engine process."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import MutableMapping
from typing import Any

LOADED = "server.sessions.slices"
"""The module with all that is run: what it imports takes longer to load than a call may run."""

NICE = 10
"""How far an engine process stands behind the server in line for the processor."""

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def one_thread(environment: MutableMapping[str, str]) -> None:
    """Let linear algebra have one thread per process.

    Read when NumPy is imported, which engine processes do afresh: more threads would only be in each other's way, and
    round differently.
    """
    environment.update(dict.fromkeys(_THREADS, "1"))


def prepare(memory: int) -> None:
    """Set up an engine process.

    It is deaf to Ctrl-C and to the end of the terminal, which are the server's; stands behind the server in line for
    the processor, where the system knows such an order; may take ``memory`` bytes of address space, where it knows such
    a limit; ends when the server does, however that ends; and has loaded the engine, so that no call is judged by the
    time that takes.
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
    importlib.import_module(LOADED)


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
    """Wait for the end of the server, which a process that waits for work would not notice, and end at once."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)
