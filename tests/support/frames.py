"""Frames with one run of one network, without the names and axes that count runs and replicas."""

from collections.abc import Mapping

from server.protocol.frames import Tensor, decode


def of_one_network(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of the only replica."""
    assert all(len(tensor) == 1 for tensor in tensors.values())
    return {name: tensor[0] for name, tensor in tensors.items()}


def decode_one(frame: object) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Decode a frame of one run, whose number becomes ``run`` in the metadata; tensors are named ``view/array``."""
    assert isinstance(frame, bytes)
    metadata, tensors = decode(frame)
    (run,) = {name.partition("/")[0] for name in [*metadata, *tensors] if "/" in name}
    about = {key.removeprefix(f"{run}/"): value for key, value in metadata.items()}
    named = {name.removeprefix(f"{run}/"): tensor for name, tensor in tensors.items()}
    return {**about, "run": run}, of_one_network(named)
