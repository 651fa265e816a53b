"""Mishaps at a given moment of every Python process that has this folder on its path, as variables say.

``SIGNAL_AT=module:SIGTERM`` sends the process this signal when it first looks for the module. ``SIGNALS_AT=file:m,n``
forks it at the first look for each of the modules, for each signal that asks a process to end; sends that to the copy,
and writes to the file how the copy ended, as ``module signal status``. After the last module it ends.
``DEATHS=folder:count`` kills so many processes while they are set up as engine processes, and leaves a file in the
folder for each.
``HANG_AT=SIGUSR1`` lets engine processes hang when they get this signal.
"""

import importlib.abc
import os
import signal
import sys
from pathlib import Path


def signal_at(module: str, name: str) -> None:
    """Send a signal at the import of a module."""

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname, path, target=None):
            if fullname == module:
                sys.meta_path.remove(self)
                signal.raise_signal(getattr(signal, name))

    sys.meta_path.insert(0, Finder())


def signals_at(file: str, modules: list[str]) -> None:
    """Send each signal to a copy of the process at the import of each module."""

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname, path, target=None):
            if fullname in modules:
                modules.remove(fullname)
                for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                    copy = os.fork()
                    if copy == 0:
                        signal.raise_signal(getattr(signal, name))
                        os._exit(0)  # it was ignored
                    _, status = os.waitpid(copy, 0)
                    with open(file, "a", encoding="utf-8") as results:
                        results.write(f"{fullname} {name} {os.waitstatus_to_exitcode(status)}\n")
                if not modules:
                    os._exit(0)

    sys.meta_path.insert(0, Finder())


def deaths(folder: str, count: int) -> None:
    """Die where engine processes stand back for the server, until there were so many deaths."""
    stand_back = os.nice

    def die(by: int) -> int:
        number = len(list(Path(folder).iterdir()))
        if number < count:
            Path(folder, str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return stand_back(by)

    os.nice = die


def hang_at(name: str) -> None:
    """Use the processor for ever at a signal, once the process is an engine process."""
    stand_back = os.nice

    def hang(*_: object) -> None:
        while True:
            pass

    def prepare(by: int) -> int:
        signal.signal(getattr(signal, name), hang)
        return stand_back(by)

    os.nice = prepare


if "SIGNAL_AT" in os.environ:
    signal_at(*os.environ.pop("SIGNAL_AT").split(":"))  # not for the processes that this one starts
if "SIGNALS_AT" in os.environ:
    results_in, places = os.environ.pop("SIGNALS_AT").split(":")
    signals_at(results_in, places.split(","))
if "DEATHS" in os.environ:
    died_in, most = os.environ["DEATHS"].split(":")
    deaths(died_in, int(most))
if "HANG_AT" in os.environ:
    hang_at(os.environ["HANG_AT"])
