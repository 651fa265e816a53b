"""What all tests of the engine share."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread, as engine processes do: several wait for each other where processors are busy."""
    with threadpool_limits(1, "blas"):
        yield
