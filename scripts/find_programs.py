"""Find or install the programs that some tests run beside the playground.

``python scripts/find_programs.py`` prints their paths: the reverse proxies for the recipes in deploy/, and the programs
that build the container image. With ``--install``, as root and with apt-get, it first installs the missing ones from
the system's packages. A program that cannot be installed is not an error; its tests are skipped. Standard library only.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

PROGRAMS: Mapping[str, Mapping[str, str]] = {
    "proxies": {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy"},
    "image": {"buildah": "buildah", "debootstrap": "debootstrap"},
}
"""Packages by command, by purpose."""

_EXTRA_PATHS = ("/usr/sbin", "/usr/local/sbin")  # not on every user's PATH
_LOCK_SECONDS = 120  # timeout for another apt-get's lock


def find_program(name: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(_EXTRA_PATHS))


def install(packages: Sequence[str]) -> None:
    """Install packages one by one; the commands are printed to standard error."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        _report(f"not root, or no apt-get: {', '.join(packages)} cannot be installed")
        return
    # Prevents the packages from starting their services.
    policy = "/usr/sbin/policy-rc.d"
    forbids = not os.path.exists(policy)
    if forbids:
        with open(policy, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    apt = ("apt-get", "--option", f"DPkg::Lock::Timeout={_LOCK_SECONDS}")
    try:
        _run((*apt, "update"))
        for package in packages:
            _run((*apt, "install", "--yes", "--no-install-recommends", package))
    finally:
        if forbids:
            os.unlink(policy)


def _run(command: Sequence[str]) -> None:
    _report(" ".join(command))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _report(f"failed: {error}")


def _report(what: str) -> None:
    print(f"find_programs: {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the paths of the programs."""
    parser = argparse.ArgumentParser(description="Find the programs that some tests run.")
    parser.add_argument("--install", action="store_true", help="install the missing ones")
    parser.add_argument("purpose", nargs="*", metavar="PURPOSE", help=f"{', '.join(PROGRAMS)} (default: all)")
    options = parser.parse_args(arguments)
    if unknown := [purpose for purpose in options.purpose if purpose not in PROGRAMS]:
        parser.error(f"the purpose {unknown[0]!r} is not known; allowed: {', '.join(PROGRAMS)}")
    wanted = {
        name: package
        for purpose in options.purpose or PROGRAMS
        for name, package in PROGRAMS[purpose].items()
    }
    missing = [package for name, package in wanted.items() if find_program(name) is None]
    if missing and options.install:
        install(missing)
    for name in wanted:
        print(f"{name}: {find_program(name) or 'not installed; its tests are skipped'}")


if __name__ == "__main__":
    main()
