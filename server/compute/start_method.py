"""How engine processes start: forked from a server process that has loaded the engine, or each from scratch."""

import logging
import multiprocessing
import os
from multiprocessing.context import BaseContext

from server.compute.worker_setup import LOADED, one_thread

log = logging.getLogger(__name__)


def start_method() -> BaseContext:
    """Choose how processes start, and start the fork server, where there can be one.

    There is none on Windows, nor where no temporary folder can be written, which its socket needs. Processes that start
    anew need longer and share no memory with each other.
    """
    one_thread(os.environ)
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing.forkserver import ensure_running  # cannot be imported where there is none

        context: BaseContext = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([LOADED, "server.compute.worker_setup"])
        try:
            ensure_running()
        except OSError as error:
            log.warning("engine processes start one by one, as no fork server can be started: %s", error)
        else:
            return context
    return multiprocessing.get_context("spawn")
