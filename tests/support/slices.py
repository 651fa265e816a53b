"""Slices that draw for one viewer."""

from server.protocol.frames import Tensor
from server.sessions.slices import Outcome, Slice, run_slice
from tests.support.frames import of_one_network


def frame_tensors(outcome: Outcome) -> dict[str, Tensor]:
    """Return what a viewer gets of a slice."""
    tensors = dict(outcome.tensors)
    for picture in outcome.pictures:
        tensors |= picture
    return tensors


def all_tensors(outcome: Outcome) -> dict[str, Tensor]:
    """Return the same of the only replica."""
    return of_one_network(frame_tensors(outcome))


def drawn(work: Slice) -> dict[str, Tensor]:
    """Compute a slice, and return what a viewer gets of it."""
    return all_tensors(run_slice(work))
