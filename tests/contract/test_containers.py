"""Dockerfile and Compose files say the same, and nothing that an older builder does not know."""

import json
import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.live_server import ROOT

DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
HEALTH = ["CMD", "neural-playground", "health"]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def compose(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_both_files_have_the_same_health_check() -> None:
    (check,) = instructions("HEALTHCHECK")
    _, _, command = check.partition("CMD ")

    assert ["CMD", *json.loads(command)] == HEALTH
    assert compose("compose.yaml")["services"]["playground"]["healthcheck"]["test"] == HEALTH


def test_the_health_check_has_only_options_that_every_builder_knows() -> None:
    (check,) = instructions("HEALTHCHECK")

    assert set(re.findall(r"--[\w-]+", check)) == {"--interval", "--timeout", "--start-period", "--retries"}


def test_both_stages_stand_on_the_base_that_is_asked_for() -> None:
    assert instructions("ARG")[0].startswith("BASE_IMAGE=")
    assert [stage.split()[0] for stage in instructions("FROM")] == ["${BASE_IMAGE}"] * 2


def test_the_cluster_leaves_the_health_check_of_the_server_as_it_is() -> None:
    services = compose("compose.cluster.yaml")["services"]

    assert "healthcheck" not in services["playground"]
    assert services["scheduler"]["healthcheck"]["test"][0] == "CMD"
    assert services["worker"]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "compose.cluster.yaml", "docs/deploying.md"])
def test_no_example_gives_a_join_code_to_copy(name: str) -> None:
    assert not re.search(r"(JOIN_CODE=|--join-code[ =])\d", (ROOT / name).read_text())


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile", "compose.yaml", "docs/deploying.md"])
def test_no_digest_is_written_that_would_age(name: str) -> None:
    assert not re.search(r"sha256:[0-9a-f]{8}", (ROOT / name).read_text())
