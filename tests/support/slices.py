"""Slices that draw for one viewer."""

from server.protocol.frames import Tensor
from server.sessions.slices import Outcome, Slice, run_slice


def all_tensors(outcome: Outcome) -> dict[str, Tensor]:
    """Return what a viewer gets of a slice with one view."""
    (picture,) = outcome.pictures.values()
    return outcome.tensors | picture


def drawn(work: Slice) -> dict[str, Tensor]:
    """Compute a slice with one view, and return what a viewer gets of it."""
    return all_tensors(run_slice(work))
