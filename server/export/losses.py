"""Source code of losses and penalties for exported scripts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Source code of a loss for each target, as a function of output (samples, outputs) and target.

    Attributes:
        value: body of the function that returns the loss of every sample, in NumPy.
        slope: body of the function that returns its derivative with respect to the output, in NumPy.
        torch: body of the function that returns the mean loss.
        keras: body of the function that returns the loss of every sample.
        from_logits: whether it takes the pre-activations of the output layer.
        sklearn: problems for which scikit-learn has it.
    """

    value: str
    slope: str
    torch: str
    keras: str
    from_logits: bool = False
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
        from_logits=True,
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
        from_logits=True,
        sklearn=("multi-class",),
    ),
    "hinge": Loss(
        value="return np.maximum(1 - target * output, 0)",
        slope="return np.where(target * output < 1, -target, 0.0)",
        torch="return F.relu(1 - target * output).mean()",
        keras="return ops.mean(ops.relu(1 - target * output), axis=-1)",
        from_logits=True,
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
"""Parts of a penalty, which the templates implement: L2, L1, L1 that fixes weights at zero, a limit of the norm."""

PENALTIES: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "l1": (SHRINK,),
    "l1-classic": (DIE,),
    "l2": (DECAY,),
    "elastic-net": (DECAY, SHRINK),
    "max-norm": (LIMIT,),
}
"""Parts of each penalty."""
