"""What the tests of sessions share."""

from pathlib import Path

import pytest

from server.settings import default_state_folder
from tests.support.desk import Desk


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_STATE_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept_key() -> Path:
    """Where the server that all tests share keeps its key."""
    folder = default_state_folder()
    assert folder is not None
    return folder


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.settle()
    return desk
