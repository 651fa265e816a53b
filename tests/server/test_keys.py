"""Keys: signatures, and where the key comes from."""

import errno
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from server.keys import SIGNATURE_CHARACTERS, Keys, load_keys

OLD, NEW = b"an old key of the server", b"a new key of the server"


def test_what_was_signed_is_known_again_and_stands_in_plain_text_before_its_signature() -> None:
    keys = Keys([NEW])

    signed = keys.sign("resume", b"text")

    assert signed.startswith(b"text.")
    assert len(signed) == len(b"text") + SIGNATURE_CHARACTERS
    assert keys.unsign("resume", signed) == b"text"


def test_other_texts_another_purpose_another_key_and_any_changed_character_are_refused() -> None:
    keys = Keys([NEW])
    signed = keys.sign("resume", b"text")

    assert keys.unsign("join", signed) is None
    assert Keys([OLD]).unsign("resume", signed) is None
    for text in (b"", b".", b"text", b"text.", signed + b"=", signed + b"A", b"texts" + signed[4:]):
        assert keys.unsign("resume", text) is None
    for place in range(len(signed)):
        for bit in range(7):
            changed = signed[:place] + bytes([signed[place] ^ 1 << bit]) + signed[place + 1 :]
            assert keys.unsign("resume", changed) is None


def test_what_is_derived_depends_on_key_purpose_and_text() -> None:
    derived = {
        Keys([key]).derive(purpose, text)
        for key in (NEW, OLD)
        for purpose in ("a", "b")
        for text in (b"a", b"b")
    }

    assert len(derived) == 8
    assert Keys([NEW, OLD]).derive("a", b"a") == Keys([NEW]).derive("a", b"a")


def test_the_first_key_signs_and_all_are_believed() -> None:
    both = Keys([NEW, OLD])

    assert both.sign("resume", b"data") == Keys([NEW]).sign("resume", b"data")
    assert both.unsign("resume", Keys([OLD]).sign("resume", b"data")) == b"data"


def test_no_key_is_refused_and_none_is_ever_shown() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Keys([])
    assert NEW.decode() not in repr(Keys([NEW]))


def test_configured_keys_come_first(tmp_path: Path) -> None:
    keys = load_keys((NEW.decode(), OLD.decode()), tmp_path)

    assert keys.sign("x", b"y") == Keys([NEW]).sign("x", b"y")
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused_without_being_told() -> None:
    with pytest.raises(
        ValueError, match="key 2 of PLAYGROUND_TOKEN_KEYS has 5 characters; at least 16"
    ) as refused:
        load_keys((NEW.decode(), "short"), Path("unused"))
    assert "short" not in str(refused.value)


def test_the_server_makes_a_key_that_only_its_owner_may_read_and_takes_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "playground"

    first = load_keys((), folder)

    (file,) = folder.iterdir()
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert load_keys((), folder).sign("x", b"y") == first.sign("x", b"y")


def test_two_servers_make_two_keys(tmp_path: Path) -> None:
    assert load_keys((), tmp_path / "a").sign("x", b"y") != load_keys((), tmp_path / "b").sign("x", b"y")


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signatures = set(pool.map(lambda _: load_keys((), tmp_path / "s").sign("x", b"y"), range(32)))

    assert len(signatures) == 1


def test_a_key_that_others_can_read_is_taken_from_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_keys((), tmp_path)
    (file,) = tmp_path.iterdir()
    file.chmod(0o644)

    load_keys((), tmp_path)

    assert os.stat(file).st_mode & 0o777 == 0o600
    assert "could be read by others" in caplog.text


@pytest.mark.parametrize("broken", ["a file in the way", "a key that was cut"])
def test_without_a_place_for_it_the_key_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    folder = tmp_path / "state"
    if broken == "a file in the way":
        folder.write_text("")
    else:
        folder.mkdir()
        (folder / "key").write_text("abc\n")
        (folder / "key").chmod(0o600)

    with caplog.at_level(logging.WARNING):
        one, other = load_keys((), folder), load_keys((), folder)

    assert one.sign("x", b"y") != other.sign("x", b"y")
    assert "PLAYGROUND_TOKEN_KEYS" in caplog.text


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
