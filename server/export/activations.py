"""Source code of activations and initializers for exported scripts."""

from collections.abc import Mapping
from dataclasses import dataclass

_SIGMOID = "0.5 + 0.5 * np.tanh(0.5 * z)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """Source code of an activation for each target.

    Attributes:
        name: of its function in NumPy.
        value: body of its function of the pre-activations z, in NumPy.
        slope: body of its derivative, in NumPy.
        torch: expression that creates the PyTorch module; empty for the identity.
        torch_code: class that ``torch`` needs.
        keras: ``activation`` argument of a Keras layer, a name or a function.
        keras_code: function that ``keras`` needs.
        sklearn: name in scikit-learn; None if it has no such activation.
    """

    name: str
    value: str
    slope: str
    torch: str
    torch_code: str = ""
    keras: str
    keras_code: str = ""
    sklearn: str | None = None


ACTIVATIONS: Mapping[str, Activation] = {
    "relu": Activation(
        name="relu",
        value="return np.maximum(z, 0)",
        slope="return np.where(z > 0, 1.0, 0.0)",
        torch="nn.ReLU()",
        keras='"relu"',
        sklearn="relu",
    ),
    "leaky-relu": Activation(
        name="leaky_relu",
        value="return np.maximum(z, 0.01 * z)",
        slope="return np.where(z > 0, 1.0, 0.01)",
        torch="nn.LeakyReLU(0.01)",
        keras="leaky_relu",
        keras_code="""\
def leaky_relu(z):
    return ops.leaky_relu(z, negative_slope=0.01)
""",
    ),
    "elu": Activation(
        name="elu",
        value="return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))",
        slope="return np.exp(np.minimum(z, 0))",
        torch="nn.ELU()",
        keras='"elu"',
    ),
    "gelu": Activation(
        name="gelu",
        value="""\
bent = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
return 0.5 * z * (1 + bent)""",
        slope="""\
bent = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)
return 0.5 * (1 + bent) + 0.5 * z * (1 - bent**2) * inner_slope""",
        torch='nn.GELU(approximate="tanh")',
        keras="gelu",
        keras_code="""\
def gelu(z):
    return ops.gelu(z, approximate=True)
""",
    ),
    "silu": Activation(
        name="silu",
        value=f"return z * ({_SIGMOID})  # the sum times its sigmoid",
        slope=f"""\
share = {_SIGMOID}
return share * (1 + z * (1 - share))""",
        torch="nn.SiLU()",
        keras='"silu"',
    ),
    "softplus": Activation(
        name="softplus",
        value="return np.logaddexp(z, 0)  # log(e^z + 1) without overflow",
        slope=f"return {_SIGMOID}  # the sigmoid",
        torch="nn.Softplus(threshold=40)",
        keras='"softplus"',
    ),
    "tanh": Activation(
        name="tanh",
        value="return np.tanh(z)",
        slope="return 1 - np.tanh(z) ** 2",
        torch="nn.Tanh()",
        keras='"tanh"',
        sklearn="tanh",
    ),
    "sigmoid": Activation(
        name="sigmoid",
        value=f"return {_SIGMOID}  # 1 / (1 + e^-z) without overflow",
        slope="return sigmoid(z) * (1 - sigmoid(z))",
        torch="nn.Sigmoid()",
        keras='"sigmoid"',
        sklearn="logistic",
    ),
    "linear": Activation(
        name="linear",
        value="return z",
        slope="return np.ones_like(z)",
        torch="",
        keras='"linear"',
        sklearn="identity",
    ),
    "sine": Activation(
        name="sine",
        value="return np.sin(z)",
        slope="return np.cos(z)",
        torch="Sine()",
        torch_code='''\
class Sine(nn.Module):
    """Goes up and down with the sum."""

    def forward(self, z):
        return torch.sin(z)
''',
        keras="ops.sin",
    ),
    "step": Activation(
        name="unit_step",
        value="return np.where(z >= 0, 1.0, 0.0)",
        slope="return 1 / (1 + np.abs(z)) ** 2  # that of a soft step: its own is zero everywhere",
        torch="Step()",
        torch_code='''\
class Step(nn.Module):
    """All or nothing; learns with the slope of a soft step, as its own is zero everywhere."""

    def forward(self, z):
        soft = z / (1 + z.abs())
        return soft + ((z >= 0).to(z.dtype) - soft).detach()
''',
        keras="unit_step",
        keras_code='''\
def unit_step(z):
    """All or nothing; learns with the slope of a soft step, as its own is zero everywhere."""
    soft = z / (1 + ops.abs(z))
    return soft + ops.stop_gradient(ops.cast(z >= 0, "float64") - soft)
''',
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer:
    """Source code of an initializer, in NumPy.

    Attributes:
        text: description for a comment.
        weight: lines that draw a matrix ``weight`` (units, inputs) from ``random``.
        bias: initial value of every bias.
    """

    text: str
    weight: str
    bias: str = "0.0"


INITIALIZERS: Mapping[str, Initializer] = {
    "classic": Initializer(
        text="weights evenly from -1/2 ... 1/2, every bias 0.1",
        weight="weight = random.uniform(-0.5, 0.5, (units, inputs))",
        bias="0.1",
    ),
    "zeros": Initializer(text="all parameters zero", weight="weight = np.zeros((units, inputs))"),
    "constant": Initializer(
        text="all weights equal", weight="weight = WEIGHT_VALUE * np.ones((units, inputs))"
    ),
    "uniform": Initializer(
        text="weights evenly, biases zero",
        weight="weight = WEIGHT_SCALE * random.uniform(-1, 1, (units, inputs))",
    ),
    "normal": Initializer(
        text="weights from the bell curve, biases zero",
        weight="weight = WEIGHT_SCALE * random.standard_normal((units, inputs))",
    ),
    "glorot": Initializer(
        text="Glorot's initial weights keep signals equally strong; biases zero",
        weight="weight = np.sqrt(6 / (inputs + units)) * random.uniform(-1, 1, (units, inputs))",
    ),
    "he": Initializer(
        text="He's initial weights, for ReLU; biases zero",
        weight="weight = np.sqrt(2 / inputs) * random.standard_normal((units, inputs))",
    ),
    "lecun": Initializer(
        text="LeCun's initial weights give sums a spread of one; biases zero",
        weight="weight = np.sqrt(1 / inputs) * random.standard_normal((units, inputs))",
    ),
    "orthogonal": Initializer(
        text="every layer starts as a rotation, biases zero",
        weight="""\
basis, triangle = np.linalg.qr(random.standard_normal((max(units, inputs), min(units, inputs))))
basis = basis * np.sign(np.diag(triangle))
weight = WEIGHT_SCALE * (basis if units >= inputs else basis.T)""",
    ),
}
