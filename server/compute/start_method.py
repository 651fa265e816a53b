"""How engine processes start: forked from a server process that has loaded the engine, or each from scratch."""

import logging
import multiprocessing
import os
from multiprocessing.context import BaseContext

from server.compute.worker_setup import PRELOADED_MODULE, limit_blas_threads

log = logging.getLogger(__name__)


def start_method() -> BaseContext:
    """Return the start method of processes; start the fork server if there is one.

    There is none on Windows, nor without a writable temporary folder, which its socket needs. Spawned processes start
    more slowly and share no memory.
    """
    limit_blas_threads(os.environ)
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing.forkserver import ensure_running  # cannot be imported where there is none

        context: BaseContext = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED_MODULE, "server.compute.worker_setup"])
        try:
            ensure_running()
        except OSError as error:
            log.warning("engine processes start one by one, as no fork server can be started: %s", error)
        else:
            return context
    return multiprocessing.get_context("spawn")
