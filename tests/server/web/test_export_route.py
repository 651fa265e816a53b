"""The route of exported scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine import Experiment
from engine.user_messages import UserMessage
from server.export import MAX_EPOCHS, TARGETS, export
from server.settings import Settings
from server.web.app import create_app
from tests.support.wording import sentence


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(workers=1)),
        base_url="http://localhost",
        headers={"content-type": "application/json"},
    ) as web:
        yield web


@pytest.mark.parametrize("language", TARGETS)
def test_a_script_comes_as_a_file(web: TestClient, language: str) -> None:
    one = Experiment.model_validate({"data": {"dataset": "sine"}})

    response = web.post(f"/api/export/{language}?epochs=7", content=one.model_dump_json())

    assert response.status_code == 200
    assert response.text == export(one, language, 7)
    assert response.headers["content-type"] == "text/x-python; charset=utf-8"
    name = TARGETS[language].file_name(language)
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_what_is_left_out_takes_its_default(web: TestClient) -> None:
    assert web.post("/api/export/numpy", content="{}").text == export(Experiment(), "numpy", 100)


@pytest.mark.parametrize(
    ("path", "body", "status", "field", "detail"),
    [
        ("numpy", "[]", 422, None, "the body is []; it must be an object"),
        (
            "numpy",
            '{"training": {"learning_rate": 30}}',
            422,
            "training.learning_rate",
            "training.learning_rate is 30; allowed: 0 … 10",
        ),
        (
            "numpy?epochs=0",
            "{}",
            422,
            "epochs",
            sentence(
                "value",
                name="epochs",
                value="0",
                allowed=UserMessage("allowed", {"allowed": f"1 … {MAX_EPOCHS}"}),
            ),
        ),
        (
            "numpy?epochs=many",
            "{}",
            422,
            "epochs",
            sentence("value", name="epochs", value="'many'", allowed=UserMessage("whole")),
        ),
        (
            "latin",
            "{}",
            422,
            "language",
            sentence(
                "value",
                name="language",
                value="'latin'",
                allowed=UserMessage("allowed", {"allowed": ", ".join(TARGETS)}),
            ),
        ),
        (
            "scikit-learn",
            "{}",
            422,
            "objective.loss",
            sentence(
                "cannot-export",
                name="objective.loss",
                value="'half-squared-error'",
                library="scikit-learn",
                allowed=UserMessage(
                    "names-for-problem", {"names": "logistic-cross-entropy", "problem": "classification"}
                ),
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_with_field_and_sentence(
    web: TestClient, path: str, body: str, status: int, field: str | None, detail: str
) -> None:
    response = web.post(f"/api/export/{path}", content=body)

    answer: dict[str, Any] = response.json()
    assert (response.status_code, answer) == (status, {"detail": detail, "field": field})


def test_only_post_exports(web: TestClient) -> None:
    assert web.get("/api/export/numpy", headers={"accept": "application/json"}).status_code == 405


def test_a_refusal_is_told_in_the_language_of_the_browser(web: TestClient) -> None:
    response = web.post("/api/export/latin", content=b"{}", headers={"Accept-Language": "zh-CN"})

    assert response.json()["detail"] == "language 为 'latin'；可用：numpy, pytorch, keras, scikit-learn"
    assert response.headers["content-language"] == "zh-Hans"
