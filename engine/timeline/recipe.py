"""Recipes: how a run came about, as a short list from which the same run is trained again; portable as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from engine.network.layout import Layout
from engine.timeline.entries import Begin, Change, Entry, Strict, Train, moment_text, reason
from engine.user_messages import LocalizedError, UserMessage, Value, quoted
from engine.validation_errors import explain

MAX_ENTRIES = 5_000
"""Entries of the longest recipe."""

MAX_CHARACTERS = 8_000_000
"""Characters of the longest recipe or receipt that is read."""

FORMAT = "neural-playground-recipe"
VERSION = 1

OWN = "own"
"""Stands for own points that are not in the text of a recipe."""


class RecipeError(LocalizedError):
    """A recipe or receipt cannot be used."""


class Recipe(Strict):
    """How a run came about.

    Attributes:
        format: what the JSON is.
        version: of the format.
        begin: where it begins.
        entries: what was done, in order; at most ``MAX_ENTRIES``.

    Raises:
        pydantic.ValidationError: an entry cannot be carried out: it goes back in time, changes a field that is fixed,
            or sets a parameter that is not there; ``engine.validation_errors.explain`` says which and why.
    """

    format: Literal["neural-playground-recipe"] = "neural-playground-recipe"
    version: Literal[1] = 1
    begin: Begin
    entries: tuple[Annotated[Entry, Field(discriminator="do")], ...] = Field((), max_length=MAX_ENTRIES)

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Self:
        with _Place("begin"):
            run = self.begin.begin()
        experiments, reached = run.experiments, (run.epoch, run.step if run.position else 0, run.step)
        for number, entry in enumerate(self.entries):
            with _Place(f"entries.{number}"):
                if isinstance(entry, Train):
                    reached = _after(reached, entry)
                elif isinstance(entry, Change):
                    experiments = entry.experiments(experiments)
                else:
                    entry.check(Layout(experiments[0].sizes), len(experiments))
        return self


def _after(reached: tuple[int, int, int], entry: Train) -> tuple[int, int, int]:
    """Return the epoch, the step within it and the highest step after an entry; refuse one that goes back."""
    epoch, within, highest = reached
    if (entry.epoch, entry.step or 0) < (epoch, within) or (entry.step or highest) < highest:
        before = UserMessage("moment", {"epoch": epoch, "step": highest})
        raise LocalizedError("recipe-backwards", "epoch", moment=moment_text(entry), before=before)
    return entry.epoch, entry.step or 0, entry.step or highest


class _Place:
    """Names the place in a recipe in the errors that are raised within."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError):
            raise LocalizedError("of-field", self._name, name=self._name, sentence=reason(error)) from None


def write_recipe(recipe: Recipe, *, points: bool = True) -> str:
    """Return a recipe as JSON.

    Args:
        recipe: any recipe.
        points: whether own points are in it; otherwise ``"own"`` stands for those of the first experiment.
    """
    return json.dumps(content_of(recipe, points=points), ensure_ascii=False, allow_nan=False)


def content_of(recipe: Recipe, *, points: bool = True) -> dict[str, Any]:
    """Return the object that `write_recipe` writes."""
    content = recipe.model_dump(mode="json", exclude_defaults=True, exclude={"begin": {"experiment"}})
    content = {"format": FORMAT, "version": VERSION, **content}
    if recipe.begin.experiment is not None:
        experiment = recipe.begin.experiment.model_dump(mode="json")
        if not points and experiment["data"]["points"] is not None:
            experiment["data"]["points"] = OWN
        content["begin"]["experiment"] = experiment
    if recipe.entries:
        written = zip(recipe.entries, content["entries"], strict=True)
        content["entries"] = [{"do": entry.do, **values} for entry, values in written]
    return content


def read_recipe(text: str, own: Sequence[Sequence[float]] | None = None) -> Recipe:
    """Return a recipe that `write_recipe` wrote.

    Args:
        text: JSON from anywhere.
        own: own points (x1, x2, target) that ``"own"`` stands for, if they are there.

    Raises:
        RecipeError: it is no recipe, of an unknown version, refers to points that are not there, or has an entry that
            cannot be carried out; says why.
    """
    content = read_json(text, FORMAT, VERSION)
    recipe: Recipe = validated(Recipe, with_points(content, own))
    return recipe


def with_points(content: dict[str, Any], own: Sequence[Sequence[float]] | None) -> dict[str, Any]:
    """Return the JSON of a recipe with own points in the place of ``"own"``.

    Raises:
        RecipeError: it refers to points that are not there.
    """
    start: Any = content.get("begin")
    experiment: Any = start.get("experiment") if isinstance(start, dict) else None
    data = experiment.get("data") if isinstance(experiment, dict) else None
    if not isinstance(data, dict) or data.get("points") != OWN:
        return content
    if own is None:
        raise RecipeError("recipe-own-points", "data.points")
    given = {**data, "points": [list(point) for point in own]}
    return {**content, "begin": {**start, "experiment": {**experiment, "data": given}}}


def read_json(text: str, format_: str, version: int) -> dict[str, Any]:
    """Return the object of a JSON text that says to be of a format and version.

    Raises:
        RecipeError: it is too long, no JSON, or of another format or version.
    """
    if len(text) > MAX_CHARACTERS:
        raise RecipeError("file-too-large", most=MAX_CHARACTERS)
    try:
        content = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 300 else math.inf)
    except json.JSONDecodeError as error:
        raise RecipeError("file-not-json", line=str(error.lineno), column=str(error.colno)) from None
    except RecursionError:
        raise RecipeError("file-not-json", line="1", column="1") from None
    found = content.get("format") if isinstance(content, dict) else content
    if not isinstance(content, dict) or found != format_:
        raise RecipeError("file-format", "format", value=quoted(found), allowed=quoted(format_))
    there = content.get("version")
    if there != version or isinstance(there, bool):
        raise RecipeError("recipe-version", "version", value=quoted(there), known=str(version))
    return content


def validated(kind: type[Any], content: Mapping[str, Any]) -> Any:
    """Return a model of the given kind from JSON.

    Raises:
        RecipeError: a value is not allowed; says why.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        refusal = explain(error)[0]
        values: Mapping[str, Value] = refusal.user_message.values
        raise RecipeError(refusal.user_message.key, refusal.field, **values) from None
