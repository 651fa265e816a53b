"""Find the reverse proxies for the tests of the recipes in deploy/, or bring them.

``python scripts/find_proxies.py`` prints which of nginx, HAProxy and Caddy are there. With ``--install`` it first
brings those that are not, where it may: as root, from Debian's or Ubuntu's packages. What cannot be brought is no
error; the tests say that they skip it. Standard library only.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy"}
"""The package of each proxy, by its command."""

_PLACES = ("/usr/sbin", "/usr/local/sbin")  # not on the PATH of everybody


def find_proxy(name: str) -> str | None:
    """Return the path of a proxy, or None if it is not here."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))


def install(names: Sequence[str]) -> None:
    """Bring proxies, each by itself; what is done is told on the standard error."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        _tell(f"not root, or no apt-get: {', '.join(names)} cannot be brought")
        return
    # No service is to start just because its package came.
    policy = "/usr/sbin/policy-rc.d"
    forbids = not os.path.exists(policy)
    if forbids:
        with open(policy, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    try:
        _run(("apt-get", "update"))
        for name in names:
            _run(("apt-get", "install", "--yes", "--no-install-recommends", PACKAGES[name]))
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
    print(f"find_proxies: {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the paths of the proxies that are here."""
    parser = argparse.ArgumentParser(description="Find the reverse proxies for the tests.")
    parser.add_argument("--install", action="store_true", help="bring those that are not here")
    options = parser.parse_args(arguments)
    missing = [name for name in PACKAGES if find_proxy(name) is None]
    if missing and options.install:
        install(missing)
    for name in PACKAGES:
        print(f"{name}: {find_proxy(name) or 'not here; its tests are skipped'}")


if __name__ == "__main__":
    main()
