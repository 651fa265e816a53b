"""Find the programs that some tests run beside the playground, or bring them.

``python scripts/find_programs.py`` prints which of them are there: the reverse proxies for the recipes in deploy/, and
what builds the container image on a base made here. With ``--install`` it first brings those that are not, where it
may: as root, from Debian's or Ubuntu's packages. What cannot be brought is no error; the tests say that they skip it.
Standard library only.
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
"""For what they are, and the package of each by its command."""

_PLACES = ("/usr/sbin", "/usr/local/sbin")  # not on the PATH of everybody
_LOCK_SECONDS = 120  # how long another apt-get is waited for


def find_program(name: str) -> str | None:
    """Return the path of a program, or None if it is not here."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))


def install(packages: Sequence[str]) -> None:
    """Bring packages, each by itself; what is done is printed to standard error."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        _tell(f"not root, or no apt-get: {', '.join(packages)} cannot be brought")
        return
    # No service is to start just because its package came.
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
    _tell(" ".join(command))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _tell(f"failed: {error}")


def _tell(what: str) -> None:
    print(f"find_programs: {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the paths of the programs that are here."""
    parser = argparse.ArgumentParser(description="Find the programs that some tests run.")
    parser.add_argument("--install", action="store_true", help="bring those that are not here")
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
        print(f"{name}: {find_program(name) or 'not here; its tests are skipped'}")


if __name__ == "__main__":
    main()
