"""Stack rules: which experiments can train together, and what a change means for each of them."""

from collections.abc import Iterator, Sequence

from engine.experiment import MAX_REPLICAS, Experiment, changed_fields, with_fields_of

MAY_DIFFER = frozenset(
    {
        "data.classic_seed",
        "data.dataset",
        "data.dataset_options",
        "data.label_flips",
        "data.minority_share",
        "data.noise",
        "data.point_classes",
        "data.points",
        "data.scaling",
        "data.shuffled",
        "data.seed",
        "network.initializer",
        "network.initializer_options",
        "network.seed",
        "objective.dropout",
        "objective.input_noise",
        "objective.penalty_options",
        "objective.penalty_rate",
        "objective.seed",
        "training.clip_norm",
        "training.learning_rate",
        "training.optimizer_options",
        "training.schedule_options",
        "training.seed",
        "training.stop_options",
    }
)
"""Fields in which the experiments of a stack may differ."""


def check_stack(experiments: tuple[Experiment, ...]) -> None:
    """Check that experiments can form a stack.

    Raises:
        ValueError: there is no experiment, there are too many, or two cannot form a stack; names the field.
    """
    if not 1 <= len(experiments) <= MAX_REPLICAS:
        raise ValueError(f"a stack has 1 … {MAX_REPLICAS} experiments, not {len(experiments)}")
    first = experiments[0]
    for position, other in enumerate(experiments):
        if other is first:
            continue
        for name in changed_fields(first, other):
            decides_problem = name.startswith(("data.dataset", "data.point"))
            same_problem = first.problem == other.problem and first.outputs == other.outputs
            if name not in MAY_DIFFER or (decides_problem and not same_problem):
                raise ValueError(
                    f"experiment {position} differs from the first in {name}, so they cannot form a stack"
                )


def for_replicas(
    present: Sequence[Experiment], experiment: Experiment | Sequence[Experiment]
) -> Iterator[Experiment]:
    """Yield the next experiment of each replica.

    Args:
        present: the experiments of a stack as they are.
        experiment: a sequence with one per replica; or a single one, the next of the first replica: the fields that it
            changes there get the same values in all, and in all others, such as the seeds, each keeps its own.

    Raises:
        ValueError: there are not as many as replicas, or the changes do not fit an experiment; names the field.
    """
    if isinstance(experiment, Experiment):
        yield experiment
        changed = changed_fields(present[0], experiment)
        yield from (with_fields_of(experiment, one, changed) for one in present[1:])
        return
    if len(experiment) != len(present):
        raise ValueError(
            f"{len(experiment)} experiments are given for {len(present)} replicas; give one for each, or one for all"
        )
    yield from experiment
