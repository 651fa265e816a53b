"""What every script is like, in every language, and what is refused."""

import ast
import contextlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from engine import Experiment
from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.registries.initializers import INITIALIZERS
from engine.registries.losses import LOSSES
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.scalers import SCALERS
from engine.registries.schedules import SCHEDULES
from engine.registries.stop_rules import STOP_RULES
from engine.schema import REGISTRIES
from engine.user_messages import UserMessage
from server.export import (
    MAX_EPOCHS,
    TARGETS,
    CannotExportError,
    activations,
    data,
    export,
    losses,
    optimizers,
)
from tests.support.scripts import ROWS, experiment
from tests.support.strategies import experiments, law

TABLES: dict[str, tuple[Any, Any]] = {
    "data.dataset": (DATASETS, data.DATASETS),
    "data.scaling": (SCALERS, data.SCALERS),
    "features": (FEATURES, data.FEATURES),
    "network.activation": (ACTIVATIONS, activations.ACTIVATIONS),
    "network.initializer": (INITIALIZERS, activations.INITIALIZERS),
    "objective.loss": (LOSSES, losses.LOSSES),
    "objective.penalty": (PENALTIES, losses.PENALTIES),
    "training.optimizer": (OPTIMIZERS, optimizers.OPTIMIZERS),
    "training.schedule": (SCHEDULES, optimizers.SCHEDULES),
    "training.batching": (BATCH_ORDERS, optimizers.BATCH_ORDERS),
    "training.stop": (STOP_RULES, optimizers.STOP_RULES),
}


def written(one: Experiment) -> dict[str, str]:
    """Return the scripts of an experiment, in those languages that can have it."""
    scripts = {language: export(one, language) for language in ("numpy", "pytorch")}  # these have everything
    for language in ("keras", "scikit-learn"):
        with contextlib.suppress(CannotExportError):
            scripts[language] = export(one, language)
    return scripts


@pytest.mark.parametrize("field", REGISTRIES)
def test_every_row_of_every_registry_has_an_entry(field: str) -> None:
    registry, table = TABLES[field]

    assert list(registry) == list(table)


def test_every_activation_of_an_output_has_an_entry() -> None:
    for key, loss in LOSSES.items():
        if not losses.LOSSES[key].from_logits:
            assert {output.key for output in loss.outputs.values()} <= activations.ACTIVATIONS.keys()


@law(40)
@given(experiments())
def test_any_script_can_be_read(one: Experiment) -> None:
    for script in written(one).values():
        ast.parse(script)


def test_scripts_are_clean(tmp_path: Path) -> None:
    count = 0
    for number, one in enumerate(ROWS.values()):
        for language, script in written(one).items():
            (tmp_path / f"{language}_{number}.py").write_text(script, encoding="utf-8")
            count += 1

    result = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert count > 400
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("language", TARGETS)
def test_a_default_script_is_short_and_fits_a_screen(language: str) -> None:
    one = experiment(objective={"loss": "logistic-cross-entropy"})  # which scikit-learn has, too

    lines = export(one, language).splitlines()

    assert len(lines) <= 160
    assert max(map(len, lines)) <= 110


def test_what_an_experiment_does_not_use_is_not_in_its_script() -> None:
    plain = export(Experiment(), "numpy")

    for word in ("dropout", "schedule", "validation", "penalty", "noise", "CLASSES", "diag", "relu", "scale"):
        assert word not in plain.lower()


def test_every_setting_at_the_head_of_a_script_is_used() -> None:
    for name, one in ROWS.items():
        for language, script in written(one).items():
            nodes = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)]
            settings = {node.id for node in nodes if isinstance(node.ctx, ast.Store) and node.id.isupper()}
            used = {node.id for node in nodes if isinstance(node.ctx, ast.Load)}
            assert settings <= used, (name, language)


def test_a_script_says_what_it_is_and_how_to_run_it() -> None:
    for language, script in written(
        experiment(data={"dataset": "plane"}, network={"activation": "relu"})
    ).items():
        head = ast.get_docstring(ast.parse(script))
        assert head is not None
        assert head.startswith("Plane, learned by a small neural network in")
        assert "pip install numpy" in head
        assert f"python {TARGETS[language].file_name(language)}" in head


def test_all_languages_have_the_default_of_a_regression() -> None:
    assert set(written(experiment(data={"dataset": "plane"}))) == set(TARGETS)


def test_a_real_number_at_the_head_of_a_script_is_never_written_as_a_whole_one() -> None:
    # Keras refuses a learning rate of 1, PyTorch a beta of 0 beside one of 0.5.
    one = experiment(
        data={"dataset": "plane"},
        objective={"penalty": "l2", "penalty_rate": 1},
        training={
            "optimizer": "adam",
            "optimizer_options": {"beta1": 0, "beta2": 0.5},
            "learning_rate": 1,
            "stop": "plateau",
            "stop_options": {"patience": 3, "improvement": 0},
        },
    )
    kinds = {
        "LEARNING_RATE": float,
        "L2_RATE": float,
        "BETA1": float,
        "BETA2": float,
        "IMPROVEMENT": float,
        "EPOCHS": int,
        "BATCH_SIZE": int,
        "PATIENCE": int,
        "DATA_SEED": int,
    }

    for language, script in written(one).items():
        settings = {
            node.targets[0].id: type(node.value.value)
            for node in ast.parse(script).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        assert settings == settings | kinds, language


def test_scikit_learn_gets_an_l2_rate_for_the_size_of_every_batch() -> None:
    one = experiment(data={"dataset": "plane"}, objective={"penalty": "l2", "penalty_rate": 0.01})

    script = export(one, "scikit-learn")

    # scikit-learn divides it by the number of samples that a step averages.
    set_, used = "model.alpha = L2_RATE * len(inputs)", "model.partial_fit(inputs, targets)"
    assert 0 < script.index(set_) < script.index(used)
    assert "alpha=0.0," in script


@pytest.mark.parametrize("seed", ['"""', "'''+exit()#", "\\", "a\\", '"); exit("'])
def test_a_seed_from_a_link_is_never_code(seed: str) -> None:
    one = experiment(data={"classic_seed": seed})
    harmless = written(experiment(data={"classic_seed": "a"}))

    for language, script in written(one).items():
        names = {node.id for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)}
        assert "exit" not in names
        assert len(ast.parse(script).body) == len(ast.parse(harmless[language]).body)


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("objective.loss", "'half-squared-error'", {"objective": {"loss": "half-squared-error"}}),
    ("network.activation", "'gelu'", {"network": {"activation": "gelu"}}),
    ("network.activation", "['tanh', 'relu']", {"network": {"activation": ["tanh", "relu"]}}),
    ("objective.dropout", "0.5", {"objective": {"dropout": 0.5}}),
    *(
        ("training.optimizer", f"'{key}'", {"training": {"optimizer": key}})
        for key in ("adagrad", "rmsprop", "adamw", "lion")
    ),
    ("training.learning_rate", "0", {"training": {"learning_rate": 0}}),
    ("training.schedule", "'cosine'", {"training": {"schedule": "cosine"}}),
    ("training.clip_norm", "1.0", {"training": {"clip_norm": 1.0}}),
]


@pytest.mark.parametrize(("field", "shown", "groups"), REFUSED)
def test_what_scikit_learn_does_not_have_is_refused_by_name(
    field: str, shown: str, groups: dict[str, Any]
) -> None:
    merged = {**groups, "objective": {"loss": "logistic-cross-entropy", **groups.get("objective", {})}}

    with pytest.raises(CannotExportError) as refusal:
        export(experiment(**merged), "scikit-learn")

    assert (refusal.value.field, refusal.value.user_message.key) == (field, "cannot-export")
    assert refusal.value.user_message.values["value"] == shown
    assert refusal.value.user_message.values["library"] == "scikit-learn"


def test_what_keras_does_not_have_is_refused_by_name() -> None:
    one = experiment(training={"optimizer": "lion", "optimizer_options": {"beta1": 0.0}})

    with pytest.raises(CannotExportError) as refusal:
        export(one, "keras")

    assert refusal.value.user_message == UserMessage(
        "cannot-export",
        {
            "name": "training.optimizer_options.beta1",
            "value": "0",
            "library": "Keras",
            "allowed": UserMessage("more-than", {"limit": 0}),
        },
    )


@pytest.mark.parametrize("epochs", [0, -1, MAX_EPOCHS + 1])
def test_epochs_out_of_range_are_refused(epochs: int) -> None:
    with pytest.raises(CannotExportError) as refusal:
        export(Experiment(), "numpy", epochs)

    allowed = UserMessage("allowed", {"allowed": UserMessage("range", {"low": "1", "high": str(MAX_EPOCHS)})})
    assert refusal.value.field == "epochs"
    assert refusal.value.user_message == UserMessage(
        "value", {"name": "epochs", "value": str(epochs), "allowed": allowed}
    )


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(CannotExportError) as refusal:
        export(Experiment(), "latin")

    assert refusal.value.field == "language"
    assert refusal.value.user_message.values["allowed"] == UserMessage(
        "allowed", {"allowed": ", ".join(TARGETS)}
    )


def test_a_refusal_comes_back_from_another_process() -> None:
    refusal = pickle.loads(pickle.dumps(CannotExportError("more-than", "training.seed", limit=0)))

    assert (refusal.field, refusal.user_message) == ("training.seed", UserMessage("more-than", {"limit": 0}))


def test_the_same_experiment_gives_the_same_script() -> None:
    one = Experiment.model_validate(json.loads(Experiment().model_dump_json()))

    assert export(one, "pytorch") == export(Experiment(), "pytorch")
