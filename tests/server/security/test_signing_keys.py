"""Signing keys: which are valid, and the key file."""

import contextlib
import errno
import logging
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from server.security.signing import Signing
from server.security.signing_keys import fault, load_keys
from tests.support.live_server import live_server
from tests.support.platforms import without

OLD, NEW = b"an old key of the server, long enough", b"a new key of the server, long enough"


def test_configured_keys_come_first(tmp_path: Path) -> None:
    keys = load_keys((NEW.decode(), OLD.decode()), tmp_path)

    assert keys.sign("x", b"y") == Signing([NEW]).sign("x", b"y")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("", "is empty"),
        ("short", "has 5 characters; at least 32"),
        ("1234567890abcdefghijklmnopqrstu", "has 31 characters; at least 32"),
        ("123456789" * 4, "has 9 different characters; at least 10"),
        ("\0" * 65, "not printable ASCII"),
        ("1234567890\nabcdefghijklmnopqrstuvwx", "not printable ASCII"),
        ("1234567890äbcdefghijklmnopqrstuvw", "not printable ASCII"),
    ],
    ids=ascii,
)
def test_a_configured_key_that_is_none_is_refused_without_being_told(key: str, wrong: str) -> None:
    with pytest.raises(
        ValueError, match=f"key 2 of PLAYGROUND_TOKEN_KEYS .*{wrong}.*token_urlsafe"
    ) as refused:
        load_keys((NEW.decode(), key), Path("unused"))
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize("key", ["0123456789abcdef" * 2, "1234567890" + "1" * 22, NEW.decode()])
def test_a_key_of_32_characters_10_of_them_different_is_one(key: str) -> None:
    assert fault(key) is None
    assert load_keys((f" {key}\n",), None).secrets == (key.encode(),)


def test_the_server_makes_a_key_that_only_its_owner_may_read_and_takes_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "playground"

    first = load_keys((), folder)

    (file,) = folder.iterdir()
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert load_keys((), folder).sign("x", b"y") == first.sign("x", b"y")


def test_two_servers_make_two_keys(tmp_path: Path) -> None:
    assert load_keys((), tmp_path / "a").sign("x", b"y") != load_keys((), tmp_path / "b").sign("x", b"y")


def keys_of_starts_at_once(folder: Path) -> set[tuple[bytes, ...]]:
    with ThreadPoolExecutor(8) as pool:
        return {keys.secrets for keys in pool.map(lambda _: load_keys((), folder), range(32))}


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    assert len(keys_of_starts_at_once(tmp_path / "s")) == 1


def test_a_key_that_others_can_read_is_taken_from_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_keys((), tmp_path)
    (file,) = tmp_path.iterdir()
    file.chmod(0o644)

    load_keys((), tmp_path)

    assert os.stat(file).st_mode & 0o777 == 0o600
    assert "could be read by others" in caplog.text


def test_what_is_kept_has_reached_the_disk_and_so_has_its_entry_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, list[str]]] = []

    def note(handle: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), sorted(os.listdir(tmp_path))))

    monkeypatch.setattr(os, "fsync", note)

    load_keys((), tmp_path)

    (is_folder, _), last = synced
    assert not is_folder
    assert last == (True, ["key"])


DAMAGED = {
    "cut": b"abc\n",
    "empty": b"",
    "blank": b" \n",
    "few different": b"ab" * 40,
    "filler of a file system": b"\0" * 65,
    "long": b"0123456789abcdef" * 1024,
    "non-ASCII": "0123456789äbcdefghijklmnopqrstuvw".encode(),
    "random": bytes(range(255, 0, -3)),
    "31 characters": b"1234567890abcdefghijklmnopqrstu\n",
    "two lines": b"0123456789abcdef\n0123456789abcdef\n",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("linked", [False, True], ids=["file", "link"])
def test_a_damaged_file_is_set_aside_and_another_key_is_drawn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes, linked: bool
) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    path, aside = folder / "key", folder / "key.damaged"
    file = tmp_path / "elsewhere" if linked else path
    file.write_bytes(content)
    file.chmod(0o600)
    if linked:
        path.symlink_to(file)

    with caplog.at_level(logging.WARNING):
        keys = load_keys((), folder)

    assert aside.read_bytes() == content
    assert fault(path.read_text().strip()) is None
    assert load_keys((), folder).secrets == keys.secrets
    (record,) = caplog.records
    assert record.args is not None
    assert [str(value) for value in record.args][::2] == [str(path), str(aside)]
    assert "is not known any more" in record.getMessage()


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    for content in (b"first", b"second", b"third"):
        (tmp_path / "key").write_bytes(content)
        (tmp_path / "key").chmod(0o600)
        load_keys((), tmp_path)

    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "key"}
    assert kept == {"key.damaged": b"first", "key.damaged.2": b"second", "key.damaged.3": b"third"}


@pytest.mark.skipif(os.name != "posix", reason="folders have no locks")
def test_while_one_process_sets_a_file_aside_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    (tmp_path / "key").write_bytes(b"\0" * 65)
    locked: list[bool] = []
    rename = os.rename

    def note(*arguments: Any) -> None:
        handle = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            locked.append(True)
        os.close(handle)
        rename(*arguments)

    monkeypatch.setattr(os, "rename", note)

    load_keys((), tmp_path)

    assert locked == [True]


def test_processes_that_start_at_once_with_a_damaged_file_agree_on_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        (folder / "key").write_bytes(b"\0" * 65)
        (folder / "key").chmod(0o600)

        assert len(keys_of_starts_at_once(folder)) == 1
        assert sorted(path.name for path in folder.iterdir()) == ["key", "key.damaged"]


def test_a_link_to_a_key_is_followed(tmp_path: Path) -> None:
    mounted = tmp_path / "..data"
    mounted.mkdir()
    (mounted / "key").write_bytes(NEW)
    (mounted / "key").chmod(0o600)
    (tmp_path / "key").symlink_to("..data/key")

    assert load_keys((), tmp_path).secrets == (NEW,)
    assert (tmp_path / "key").is_symlink()


def bind(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as bound:  # a short name
        bound.bind(path.name)


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (Path.mkdir, "a folder, not a regular file"),
    "link to a folder": (lambda path: path.symlink_to("."), "a folder, not a regular file"),
    "named pipe": (os.mkfifo, "a named pipe, not a regular file"),
    "socket": (bind, "a socket, not a regular file"),
    "device": (lambda path: path.symlink_to(os.devnull), "a device, not a regular file"),
    "link to nothing": (lambda path: path.symlink_to("nothing"), os.strerror(errno.ENOENT)),
    "link to itself": (lambda path: path.symlink_to(path.name), os.strerror(errno.ELOOP)),
}


@pytest.mark.parametrize(("make", "reason"), NO_FILES.values(), ids=NO_FILES)
@pytest.mark.timeout(10)
def test_what_is_no_file_is_left_alone_and_the_key_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "key"
    make(path)
    before = path.lstat()

    with caplog.at_level(logging.WARNING):
        one, other = load_keys((), tmp_path), load_keys((), tmp_path)

    assert one.secrets != other.secrets
    assert list(tmp_path.iterdir()) == [path]
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert {record.args for record in caplog.records} == {(f"in {path} ({reason})",)}
    assert "PLAYGROUND_TOKEN_KEYS" in caplog.text


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EBUSY], ids=errno.errorcode.get)
def test_a_damaged_file_that_cannot_be_set_aside_stays_and_the_key_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "key").write_bytes(b"\0" * 65)
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setattr(os, "rename", failing(number))

    with caplog.at_level(logging.WARNING):
        one, other = load_keys((), tmp_path), load_keys((), tmp_path)

    assert one.secrets != other.secrets
    assert (tmp_path / "key").read_bytes() == b"\0" * 65
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]
    for record in caplog.records:
        for part in (str(tmp_path / "key"), "not printable ASCII", "set aside", os.strerror(number)):
            assert part in record.getMessage()


def test_a_file_in_the_way_of_the_folder_stays_and_the_key_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    folder.write_text("")

    with caplog.at_level(logging.WARNING):
        one, other = load_keys((), folder), load_keys((), folder)

    assert one.secrets != other.secrets
    assert "PLAYGROUND_TOKEN_KEYS" in caplog.text


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder with a short name: what is long and looks like a token is left out of the log."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def log_of_a_start(folder: Path, **environment: str) -> list[str]:
    with live_server(
        "--compute", "inline", settings={"state_folder": folder}, environment=environment
    ) as server:
        return server.log.read_text(encoding="utf-8").splitlines()


def test_a_server_starts_with_a_key_that_is_there_and_says_nothing(state: Path) -> None:
    load_keys((), state)

    assert log_of_a_start(state) == []


def test_a_server_starts_with_a_damaged_key_and_says_what_it_did(state: Path) -> None:
    (state / "key").write_bytes(b"\0" * 65)
    (state / "key").chmod(0o600)

    (line,) = log_of_a_start(state)

    assert str(state / "key.damaged") in line
    assert log_of_a_start(state) == []


def test_a_server_starts_although_its_key_is_a_pipe_that_nobody_writes_into(state: Path) -> None:
    os.mkfifo(state / "key")

    (line,) = log_of_a_start(state)

    assert f"{state / 'key'} (a named pipe" in line


def test_a_server_starts_with_a_damaged_key_on_a_volume_that_can_only_be_read(state: Path) -> None:
    (state / "key").write_bytes(b"\0" * 65)
    (state / "key").chmod(0o600)

    (line,) = log_of_a_start(state, **without("renaming"))

    assert os.strerror(errno.EROFS) in line
    assert (state / "key").read_bytes() == b"\0" * 65


@pytest.mark.parametrize(
    ("call", "number"),
    [("os.fsync", errno.ENOSPC), ("tempfile.mkstemp", errno.EROFS), ("pathlib.Path.mkdir", errno.EACCES)],
)
def test_on_a_disk_that_takes_nothing_the_key_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    monkeypatch.setattr(call, failing(number))

    with caplog.at_level(logging.WARNING):
        keys = load_keys((), tmp_path)

    assert keys.unsign("x", keys.sign("x", b"y")) == b"y"
    assert list(tmp_path.iterdir()) == []
    (record,) = caplog.records
    assert record.args == (f"in {tmp_path / 'key'} ({os.strerror(number)})",)


def failing(number: int) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_without_a_folder_the_key_lasts_as_long_as_the_process_and_one_line_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        one, other = load_keys((), None), load_keys((), None)

    assert one.sign("x", b"y") != other.sign("x", b"y")
    assert len(caplog.records) == 2
    assert "PLAYGROUND_STATE_FOLDER" in caplog.text


def test_a_file_system_without_links_keeps_the_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))

    first = load_keys((), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert load_keys((), tmp_path).sign("x", b"y") == first.sign("x", b"y")


def test_a_key_whose_rights_cannot_be_changed_is_used_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_keys((), tmp_path)
    (tmp_path / "key").chmod(0o640)
    monkeypatch.setattr(Path, "chmod", failing(errno.EROFS))

    assert load_keys((), tmp_path).sign("x", b"y") == first.sign("x", b"y")
    assert "can be read by others" in caplog.text
