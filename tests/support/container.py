"""The container image, built by buildah on a base made here, and run in namespaces of its own, without any daemon."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.find_programs import find_program
from tests.support.live_server import ROOT

BASE = "localhost/stand-in-for-python:3.13-slim"
IMAGE = "localhost/neural-playground-under-test"

_RELEASE = "trixie"  # of Debian; its Python is 3.13
_PACKAGES = "python3,python3-venv,ca-certificates"
_CERTIFICATES = "/etc/certificates-of-the-test.pem"
_PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "timeout", "default-timeout")

# In namespaces of its own: the root read-only, nothing writable but /tmp and /state, and only the loopback device.
_ENTER = """
set -e
root=$1 user=$2; shift 2
ip link set lo up
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
mount -t tmpfs tmpfs "$root/tmp"
# A new volume takes over whose the folder of the image is.
mount -t tmpfs -o "$(stat -c 'uid=%u,gid=%g,mode=%a' "$root/state")" tmpfs "$root/state"
exec chroot --userspec="$user" --groups= "$root" /usr/bin/env -i "$@"
"""


@dataclass(frozen=True)
class Image:
    """An image that was built.

    Attributes:
        config: what it says of itself: User, Env, Cmd, Healthcheck …
        root: folder with its files.
    """

    config: Mapping[str, Any]
    root: Path

    def environment(self) -> list[str]:
        return list(self.config["Env"])


@dataclass(frozen=True)
class Container:
    """A process in the image, the first one in its namespace.

    Attributes:
        pid: of it, as seen from here.
        process: which ends with it and has its exit code.
        told: what it wrote to standard output at first.
        log: path of what it writes to standard error.
    """

    image: Image
    pid: int
    process: "subprocess.Popen[str]"
    told: str
    log: Path

    def run(self, *command: str) -> "subprocess.Popen[str]":
        """Start a further command in it, as the same user."""
        about = self.identity()
        spaces = ("--mount", "--net", "--pid", f"--root=/proc/{self.pid}/root", "--wd=/")
        return subprocess.Popen(
            [
                *(
                    "nsenter",
                    f"--target={self.pid}",
                    *spaces,
                    f"--setuid={about['Uid'][0]}",
                    f"--setgid={about['Gid'][0]}",
                ),
                *("/usr/bin/env", "-i", *self.image.environment(), *command),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def check_health(self) -> tuple[int, str]:
        """Run the command of the image's health check, and return its exit code and what it says."""
        kind, *command = self.image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        with self.run(*command) as asked:
            said, _ = asked.communicate(timeout=60)
        return asked.returncode, said

    def identity(self) -> dict[str, list[str]]:
        """Return the lines of its status: Uid, Gid, Groups …"""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}

    def stop(self) -> int:
        """Ask it to end as a container engine does, and return its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(10)


@contextlib.contextmanager
def built(*arguments: str) -> Iterator[Image]:
    """Build the image by `make image` on a base made by debootstrap; skip the test where that is not possible.

    Args:
        arguments: further ones of the builder.
    """
    _require()
    with tempfile.TemporaryDirectory(prefix="playground-image-") as folder:
        place = Path(folder)
        storage = place / "storage.conf"
        lines = ("[storage]", 'driver = "vfs"', f'graphroot = "{place}/graph"', f'runroot = "{place}/run"')
        storage.write_text("\n".join(lines), encoding="utf-8")
        environment = os.environ | {"CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}

        def buildah(*command: str) -> str:
            return _run(("buildah", *command), environment)

        try:
            _make_base(buildah)
            options = " ".join(("--pull=never", *_pip_mounts(place), *arguments))
            made = (
                "make",
                "image",
                "BUILDER=buildah",
                f"BASE_IMAGE={BASE}",
                f"IMAGE={IMAGE}",
                f"ARGS={options}",
            )
            _run(made, environment)
            container = buildah("from", "--pull=never", IMAGE)
            config = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
            yield Image(config, Path(buildah("mount", container)))
        finally:
            buildah("rm", "--all")
            buildah("rmi", "--all", "--force")


def _require() -> None:
    missing = [
        name for name in ("buildah", "debootstrap", "unshare", "nsenter", "ip") if not find_program(name)
    ]
    if missing:
        pytest.skip(
            f"{', '.join(missing)}: not here; scripts/find_programs.py --install brings them on Debian"
        )
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip(f"no namespaces can be made here: {tried.stderr.strip()}")


def _make_base(buildah: Callable[..., str]) -> None:
    """Commit a small Debian with the Python of the official image, under another name."""
    container = buildah("from", "scratch")
    root = buildah("mount", container)
    command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _RELEASE, root]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"debootstrap brings no {_RELEASE} here: {made.stdout.strip().splitlines()[-1:]}")
    (Path(root) / "usr/bin/python").symlink_to("python3")
    buildah("commit", "--quiet", "--rm", container, BASE)


def _pip_mounts(place: Path) -> list[str]:
    """Return the options by which pip in the build reaches the index that it reaches here, and believes it."""
    listed = _run((sys.executable, "-m", "pip", "config", "list"), os.environ)
    given = {
        name.rpartition(".")[2]: value.strip("'\"")
        for name, _, value in (line.partition("=") for line in listed.splitlines())
    }
    mounts = []
    if certificates := given.get("cert"):
        mounts.append(f"--volume={certificates}:{_CERTIFICATES}:ro")
    lines = [f"{name} = {given[name]}" for name in _PIP_OPTIONS if name in given]
    if certificates:
        lines.append(f"cert = {_CERTIFICATES}")
    config = place / "pip.conf"
    config.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
    return [*mounts, f"--volume={config}:/etc/pip.conf:ro"]


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()


@contextlib.contextmanager
def running(image: Image, *command: str, user: str) -> Iterator[Container]:
    """Run a command in the image, its root read-only, and wait until it says something.

    Args:
        image: it.
        command: with its arguments.
        user: its name in the image, or uid:gid.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "stderr")
        with log.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                [
                    *(
                        "unshare",
                        "--mount",
                        "--net",
                        "--pid",
                        "--fork",
                        "--kill-child",
                        "--propagation",
                        "private",
                    ),
                    *("bash", "-c", _ENTER, "enter", str(image.root), user, *image.environment(), *command),
                ],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout is not None
        with process.stdout:
            try:
                told = os.read(process.stdout.fileno(), 2**16).decode()
                assert told, log.read_text(encoding="utf-8")
                children = (
                    Path(f"/proc/{process.pid}/task/{process.pid}/children")
                    .read_text(encoding="utf-8")
                    .split()
                )
                yield Container(image, int(children[0]), process, told, log)
            finally:
                process.kill()  # --kill-child: and all within
                process.wait()
