"""How losses and penalties are written in a script."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss in each language, of the output (samples, outputs) and the targets.

    Attributes:
        value: body of the function that gives the loss of every sample, in NumPy.
        slope: body of the function that gives its derivative with respect to the output, in NumPy.
        torch: body of the function that gives the mean loss.
        keras: body of the function that gives the loss of every sample.
        sums: whether it takes the sums of the output layer as they are, before any activation.
        sklearn: problems for which scikit-learn trains with it.
    """

    value: str
    slope: str
    torch: str
    keras: str
    sums: bool = False
    sklearn: tuple[str, ...] = ()


LOSSES: Mapping[str, Loss] = {
    "half-squared-error": Loss(
        value="return 0.5 * (output - target) ** 2",
        slope="return output - target",
        torch="return 0.5 * F.mse_loss(output, target)",
        keras="return 0.5 * ops.mean(ops.square(output - target), axis=-1)",
        sklearn=("regression",),
    ),
    "logistic-cross-entropy": Loss(
        value="return np.logaddexp(0, -target * output)  # log(1 + e^(-y z)) without overflow",
        slope="return (np.tanh(0.5 * output) - target) / 2",
        torch="return -F.logsigmoid(target * output).mean()",
        keras="return -ops.mean(ops.log_sigmoid(target * output), axis=-1)",
        sums=True,
        sklearn=("classification",),
    ),
    "softmax-cross-entropy": Loss(
        value="""\
below = output - output.max(axis=1, keepdims=True)  # from the highest, so that nothing overflows
return np.log(np.exp(below).sum(axis=1)) - np.sum(target * below, axis=1)""",
        slope="""\
share = np.exp(output - output.max(axis=1, keepdims=True))
return share / share.sum(axis=1, keepdims=True) - target""",
        torch="return F.cross_entropy(output, target)",
        keras="return ops.categorical_crossentropy(target, output, from_logits=True)",
        sums=True,
        sklearn=("multi-class",),
    ),
    "hinge": Loss(
        value="return np.maximum(1 - target * output, 0)",
        slope="return np.where(target * output < 1, -target, 0.0)",
        torch="return F.relu(1 - target * output).mean()",
        keras="return ops.mean(ops.relu(1 - target * output), axis=-1)",
        sums=True,
    ),
    "huber": Loss(
        value="""\
distance = np.abs(output - target)
return np.where(distance <= 1, 0.5 * distance**2, distance - 0.5)""",
        slope="return np.clip(output - target, -1, 1)",
        torch="return F.huber_loss(output, target)",
        keras="""\
distance = ops.abs(output - target)
near = ops.minimum(distance, 1.0)
return ops.mean(near * (distance - 0.5 * near), axis=-1)""",
    ),
    "absolute-error": Loss(
        value="return np.abs(output - target)",
        slope="return np.sign(output - target)",
        torch="return F.l1_loss(output, target)",
        keras="return ops.mean(ops.abs(output - target), axis=-1)",
    ),
}

DECAY, SHRINK, DIE, LIMIT = "decay", "shrink", "die", "limit"
"""What a penalty may do with the weights; the templates know how."""

PENALTIES: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "l1": (SHRINK,),
    "l1-classic": (DIE,),
    "l2": (DECAY,),
    "elastic-net": (DECAY, SHRINK),
    "max-norm": (LIMIT,),
}
"""What each does: an L2 part, an L1 part, dead weights, a limit."""
