"""Batch orders: the order of the samples in an epoch, and the treatment of an incomplete last batch."""

from dataclasses import dataclass

from engine.registries.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder(Row):
    """A way to split an epoch into batches.

    Attributes:
        shuffled: whether every epoch has a new order.
        carried: whether samples that do not fill a batch are carried over to the first batch of the next epoch.
    """

    shuffled: bool = False
    carried: bool = False

    @property
    def slots(self) -> int:
        """Number of its state vectors."""
        return int(self.carried)


BATCH_ORDERS: Registry[BatchOrder] = Registry(
    "batching",
    BatchOrder(
        key="shuffled",
        label="Shuffled",
        text="Every epoch takes the samples in a new random order.",
        formula="a new permutation per epoch",
        shuffled=True,
    ),
    BatchOrder(
        key="sequential",
        label="Sequential",
        text="Every epoch takes the samples in the same order.",
        formula="the same order for ever",
    ),
    BatchOrder(
        key="carried",
        label="Sequential, carried over",
        text="As in the original playground: samples left over wait and join the first batch of the next epoch.",
        formula="the same order, the remainder carried over",
        carried=True,
    ),
)
"""Orders of the samples in an epoch."""
