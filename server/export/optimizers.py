"""Source code of optimizers, schedules, batch orders and stop rules for exported scripts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """Source code of an optimizer for each target.

    Attributes:
        memory: state arrays per parameter, in NumPy: singular name to plural name.
        update: lines that change one ``parameter`` in place by its ``gradient`` and state, in NumPy.
        counts: whether ``update`` needs the number of the ``step``.
        torch: class, and arguments beside the parameters and the learning rate.
        torch_code: class that ``torch`` needs.
        keras: class, and arguments beside the learning rate.
        keras_code: class that ``keras`` needs.
        sklearn: arguments of a scikit-learn model; None if it has no such optimizer.
        decoupled: whether an L2 penalty is its argument ``weight_decay``, applied beside the update.
    """

    memory: Mapping[str, str]
    update: str
    counts: bool = False
    torch: tuple[str, str]
    torch_code: str = ""
    keras: tuple[str, str]
    keras_code: str = ""
    sklearn: str | None = None
    decoupled: bool = False


_ADAM = """\
mean *= BETA1
mean += (1 - BETA1) * gradient
square *= BETA2
square += (1 - BETA2) * gradient**2
# Both means start at zero; dividing by 1 - beta^step makes up for that.
pace = np.sqrt(square / (1 - BETA2**step)) + 1e-8
parameter -= learning_rate * mean / (1 - BETA1**step) / pace"""
_MEANS = {"mean": "means", "square": "squares"}
_VELOCITY = {"velocity": "velocities"}
_SQUARE = {"square": "squares"}

OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(
        memory={},
        update="parameter -= learning_rate * gradient",
        torch=("torch.optim.SGD", ""),
        keras=("keras.optimizers.SGD", ""),
        sklearn='solver="sgd", momentum=0.0',
    ),
    "momentum": Optimizer(
        memory=_VELOCITY,
        update="""\
velocity *= MOMENTUM
velocity += gradient
parameter -= learning_rate * velocity""",
        torch=("torch.optim.SGD", "momentum=MOMENTUM"),
        keras=("keras.optimizers.SGD", "momentum=MOMENTUM"),
        sklearn='solver="sgd", momentum=MOMENTUM, nesterovs_momentum=False',
    ),
    "nesterov": Optimizer(
        memory=_VELOCITY,
        update="""\
velocity *= MOMENTUM
velocity += gradient
parameter -= learning_rate * (gradient + MOMENTUM * velocity)  # from where the velocity will lead""",
        torch=("torch.optim.SGD", "momentum=MOMENTUM, nesterov=True"),
        keras=("keras.optimizers.SGD", "momentum=MOMENTUM, nesterov=True"),
        sklearn='solver="sgd", momentum=MOMENTUM, nesterovs_momentum=True',
    ),
    "adagrad": Optimizer(
        memory=_SQUARE,
        update="""\
square += gradient**2
parameter -= learning_rate * gradient / (np.sqrt(square) + 1e-8)""",
        torch=("torch.optim.Adagrad", "eps=1e-8"),
        keras=("Adagrad", "initial_accumulator_value=0.0"),
        keras_code='''\
class Adagrad(keras.optimizers.Adagrad):
    """Adds epsilon to the root, as the playground does; Keras adds it below."""

    def update_step(self, gradient, variable, learning_rate):
        square = self._accumulators[self._get_variable_index(variable)]
        square.assign(square + ops.square(gradient))
        variable.assign(variable - learning_rate * gradient / (ops.sqrt(square) + 1e-8))
''',
    ),
    "rmsprop": Optimizer(
        memory=_SQUARE,
        update="""\
square *= DECAY
square += (1 - DECAY) * gradient**2
parameter -= learning_rate * gradient / (np.sqrt(square) + 1e-8)""",
        torch=("torch.optim.RMSprop", "alpha=DECAY, eps=1e-8"),
        keras=("RMSprop", ""),
        keras_code='''\
class RMSprop(keras.optimizers.RMSprop):
    """Adds epsilon to the root, as the playground does; Keras adds it below."""

    def update_step(self, gradient, variable, learning_rate):
        square = self._velocities[self._get_variable_index(variable)]
        square.assign(DECAY * square + (1 - DECAY) * ops.square(gradient))
        variable.assign(variable - learning_rate * gradient / (ops.sqrt(square) + 1e-8))
''',
    ),
    "adam": Optimizer(
        memory=_MEANS,
        update=_ADAM,
        counts=True,
        torch=("torch.optim.Adam", "betas=(BETA1, BETA2), eps=1e-8"),
        keras=("keras.optimizers.Adam", "beta_1=BETA1, beta_2=BETA2"),
        sklearn='solver="adam", beta_1=BETA1, beta_2=BETA2, epsilon=1e-8 * np.sqrt(1 - BETA2)',
    ),
    "adamw": Optimizer(
        memory=_MEANS,
        update=_ADAM,
        counts=True,
        torch=("torch.optim.AdamW", "betas=(BETA1, BETA2), eps=1e-8"),
        keras=("keras.optimizers.AdamW", "beta_1=BETA1, beta_2=BETA2"),
        decoupled=True,
    ),
    "lion": Optimizer(
        memory={"mean": "means"},
        update="""\
parameter -= learning_rate * np.sign(BETA1 * mean + (1 - BETA1) * gradient)
mean *= BETA2
mean += (1 - BETA2) * gradient""",
        torch=("Lion", ""),
        torch_code='''\
class Lion(torch.optim.Optimizer):
    """Only the sign of the averaged gradient counts, so every step is equally long."""

    def __init__(self, parameters, lr, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                mean = self.state[parameter].setdefault("mean", torch.zeros_like(parameter))
                parameter *= 1 - group["lr"] * group["weight_decay"]
                parameter -= group["lr"] * torch.sign(BETA1 * mean + (1 - BETA1) * parameter.grad)
                mean *= BETA2
                mean += (1 - BETA2) * parameter.grad
''',
        keras=("keras.optimizers.Lion", "beta_1=BETA1, beta_2=BETA2"),
        decoupled=True,
    ),
}

SCHEDULES: Mapping[str, str] = {
    "constant": "",
    "step": """\
return FACTOR ** math.floor(step / EVERY)""",
    "exponential": """\
return FACTOR ** (step / EVERY)""",
    "cosine": """\
return 0.5 + 0.5 * math.cos(math.pi * min(step / HORIZON, 1))""",
    "warmup-cosine": """\
warm = min((step + 1) / max(WARMUP, 1), 1)
progress = (step - WARMUP) / max(HORIZON - WARMUP, 1)
return warm * (0.5 + 0.5 * math.cos(math.pi * min(max(progress, 0), 1)))""",
    "one-cycle": """\
progress = step / HORIZON
if progress < 0.3:  # up from a 25th
    return 1 - (1 - 1 / 25) * (0.5 + 0.5 * math.cos(math.pi * progress / 0.3))
return 1e-5 + (1 - 1e-5) * (0.5 + 0.5 * math.cos(math.pi * min((progress - 0.3) / 0.7, 1)))""",
}
"""Bodies of the function of the step, from 0, that returns the factor on the learning rate; empty if constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """An order of the samples.

    Attributes:
        text: description.
        shuffled: whether every epoch draws a new order.
        carried: whether samples of an incomplete batch are carried over to the next epoch.
    """

    text: str
    shuffled: bool = False
    carried: bool = False


BATCH_ORDERS: Mapping[str, BatchOrder] = {
    "shuffled": BatchOrder(text="in a new random order", shuffled=True),
    "sequential": BatchOrder(text="always in the same order"),
    "carried": BatchOrder(
        text="always in the same order; samples left over wait for the next epoch", carried=True
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule:
    """A stop rule.

    Attributes:
        watches: the loss that has to improve within ``PATIENCE`` epochs; empty for none.
        restores: whether the best parameters are restored at the end.
        reached: condition that ends training.
        shortens: whether it only limits the number of epochs.
    """

    watches: str = ""
    restores: bool = False
    reached: str = ""
    shortens: bool = False


STOP_RULES: Mapping[str, StopRule] = {
    "never": StopRule(),
    "epochs": StopRule(shortens=True),
    "target-loss": StopRule(reached="train_loss <= TARGET_LOSS"),
    "plateau": StopRule(watches="train_loss"),
    "early-stopping": StopRule(watches="validation_loss", restores=True),
}
