"""Public names: what ``engine`` offers, and that all of it is explained."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import engine
from engine import insight

MODULES = [
    importlib.import_module(info.name) for info in pkgutil.walk_packages(engine.__path__, prefix="engine.")
]


def public_things():
    for module in MODULES:
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing
                for inner, member in vars(thing).items():
                    function = getattr(member, "fget", None) or getattr(member, "__func__", member)
                    if not inner.startswith("_") and inspect.isfunction(function):
                        yield f"{module.__name__}.{name}.{inner}", function
            elif inspect.isfunction(inspect.unwrap(thing)):
                yield f"{module.__name__}.{name}", thing


THINGS = dict(public_things())


def test_the_public_names_are_those_of_the_design():
    promised = {"Experiment", "begin", "advance", "evaluate", "boundary", "Run", "Report"}

    assert promised <= set(engine.__all__)
    assert all(hasattr(engine, name) for name in engine.__all__)
    assert engine.__all__ == sorted(engine.__all__)


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("classic", "saved.tf_playground"),
        ("explain", "validation_errors"),
        ("stacks", "training.grouping"),
        ("transplant", "training.weight_transfer"),
    ],
)
def test_documented_names_of_modules_that_have_moved_still_import_them(former, present):
    assert importlib.import_module(f"engine.{former}") is importlib.import_module(f"engine.{present}")
    assert getattr(engine, former) is importlib.import_module(f"engine.{present}")


def test_the_package_of_insight_names_what_it_offers_and_the_engine_takes_it_from_there():
    assert all(hasattr(insight, name) for name in insight.__all__)
    for name in set(engine.__all__) & set(insight.__all__):
        assert getattr(engine, name) is getattr(insight, name)


@pytest.mark.parametrize("name", engine.__all__)
def test_every_exported_name_has_a_docstring(name):
    assert inspect.getdoc(getattr(engine, name))


@pytest.mark.parametrize("name", THINGS)
def test_every_public_class_function_method_and_property_has_a_docstring(name):
    thing = THINGS[name]

    # Taken from the thing itself: an inherited docstring explains something else.
    assert (thing.__doc__ or "").strip()


@pytest.mark.parametrize("module", [engine, *MODULES], ids=lambda module: module.__name__)
def test_every_module_says_what_it_is_for(module):
    assert (module.__doc__ or "").strip()


FAILING = ["advance", "begin", "boundary", "confusion", "consensus", "from_bytes", "loss_plane"]
FAILING += ["quantiles", "reaches", "reconfigure", "set_parameter", "success_rate", "to_bytes", "trace"]
FAILING += ["trace_sample", "worlds"]


@pytest.mark.parametrize("name", FAILING)
def test_what_can_fail_says_how(name):
    assert "Raises:" in (inspect.getdoc(getattr(engine, name)) or "")


def test_the_example_at_the_top_of_the_package_is_true():
    example = engine.__doc__ or ""

    run, report = engine.advance(engine.begin(engine.Experiment()), epochs=100)

    assert "(100, (1, 100))" in example
    assert (run.epoch, report.test_loss.shape) == (100, (1, 100))


def test_importing_the_engine_brings_in_no_server():
    code = "import sys, engine; print(*(m for m in ('fastapi', 'uvicorn', 'starlette', 'asyncio') if m in sys.modules))"

    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert process.stdout.split() == []
