"""Find or install a Chromium-like browser for the browser tests.

``python scripts/find_browser.py`` prints the path of an installed browser, or an error if there is none.
``python scripts/find_browser.py --install`` installs one first if there is none: as root from the system's
package manager, with the libraries and fonts that it needs, else Playwright's own into the user's cache.

The tests pass the path from `find_browser` to Playwright. Standard library only.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

VARIABLE = "PLAYGROUND_BROWSER"

# Headless first: the same engine, and opening a page costs half as much.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)

# Paths of browsers that are not on the PATH; `~` and variables are expanded.
_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "~/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "${PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "${PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "${LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
    "${PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
)

# Playwright's own browsers, below its cache folder.
_PLAYWRIGHT_CACHES = (
    "~/.cache/ms-playwright",
    "~/Library/Caches/ms-playwright",
    "${LOCALAPPDATA}/ms-playwright",
)
_PLAYWRIGHT_BROWSERS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
    "chromium_headless_shell-*/*/*headless*shell*",
)

# Commands that install a browser, by package manager, in the order of preference.
_MANAGERS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "apt-get",
        (
            ("apt-get", "update"),
            ("apt-get", "install", "--yes", "--no-install-recommends", "chromium-headless-shell"),
        ),
    ),
    ("apt-get", (("apt-get", "install", "--yes", "--no-install-recommends", "chromium"),)),
    ("dnf", (("dnf", "install", "--assumeyes", "chromium"),)),
    ("apk", (("apk", "add", "--no-cache", "chromium"),)),
    ("pacman", (("pacman", "-Sy", "--noconfirm", "--needed", "chromium"),)),
)


class BrowserNotFoundError(RuntimeError):
    """There is no browser that starts; the message says what to do."""


def find_browser() -> str:
    """Return the path of a browser that starts.

    If the variable ``PLAYGROUND_BROWSER`` (a path, or a name on the PATH) is set, only that one is tried.

    Raises:
        BrowserNotFoundError: there is none, or the one that the variable names does not start.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        path = shutil.which(chosen)
        if path is None or not _starts(path):
            raise BrowserNotFoundError(f"{VARIABLE} is {chosen!r}, which is not a browser that starts")
        return path
    for path in _candidates():
        if _starts(path):
            return path
    raise BrowserNotFoundError(
        f"no Chromium, Chrome or Edge was found. Install one, or set {VARIABLE} to the path of one"
    )


def install_browser() -> str:
    """Install a browser and return its path; the commands are printed to standard error.

    Raises:
        BrowserNotFoundError: no command installed a browser that starts.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        ways = [*_package_managers(()), _playwright("--with-deps"), _playwright()]
    else:
        ways = [_playwright(), *_home_brew(), *_package_managers(("sudo", "--non-interactive"))]
    for commands in ways:
        done = [_run(command) for command in commands]
        if done[-1]:  # after a failed update, the old package lists may suffice
            try:
                return find_browser()
            except BrowserNotFoundError:
                _report("it was installed, but does not start here")
    raise BrowserNotFoundError(
        "a browser could neither be found nor installed. Install Chromium or Chrome, or set "
        f"{VARIABLE} to the path of one"
    )


def _candidates() -> Iterator[str]:
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            yield path
    for candidate in _PATHS:
        path = _expanded(candidate)
        if os.path.exists(path):
            yield path
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    for cache in (own,) if own else _PLAYWRIGHT_CACHES:
        for pattern in _PLAYWRIGHT_BROWSERS:
            found = (path for path in Path(_expanded(cache)).glob(pattern) if path.is_file())
            yield from sorted(map(str, found), reverse=True)  # the newest first


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))


def _starts(path: str) -> bool:
    """Return whether a browser prints its version.

    An existing file proves little: Ubuntu's `chromium-browser` may only ask for a snap, and Playwright's may lack
    libraries. On Windows `--version` opens a window, so there an existing file suffices.
    """
    if os.name == "nt":
        return os.path.isfile(path)
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(character in b"0123456789" for character in answer.stdout)


def _package_managers(prefix: tuple[str, ...]) -> list[list[tuple[str, ...]]]:
    if prefix and shutil.which(prefix[0]) is None:
        return []
    return [[prefix + command for command in commands] for name, commands in _MANAGERS if shutil.which(name)]


def _home_brew() -> list[list[tuple[str, ...]]]:
    return [[("brew", "install", "--cask", "google-chrome")]] if shutil.which("brew") else []


def _playwright(*options: str) -> list[tuple[str, ...]]:
    return [(sys.executable, "-m", "playwright", "install", *options, "chromium")]


def _run(command: Sequence[str]) -> bool:
    _report(" ".join(command))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        # Standard output is for the path only.
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _report(f"failed: {error}")
        return False
    return done.returncode == 0


def _report(what: str) -> None:
    print(f"find_browser: {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the path of a browser; return the exit status."""
    parser = argparse.ArgumentParser(description="Find a Chromium-like browser for the browser tests.")
    parser.add_argument("--install", action="store_true", help="install one if there is none")
    options = parser.parse_args(arguments)
    try:
        try:
            path = find_browser()
        except BrowserNotFoundError as error:
            if not options.install or os.environ.get(VARIABLE):
                raise
            _report(f"{error}; trying to install one")
            path = install_browser()
    except BrowserNotFoundError as error:
        _report(str(error))
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
