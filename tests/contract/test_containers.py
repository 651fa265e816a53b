"""Dockerfile and Compose files say the same, and nothing that an older builder does not know."""

import json
import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from server.settings import Settings
from server.settings.processors import worker_count
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


SERVER_MEMORY = 512
"""Mebibytes for all but the engine processes: the server (76 with 170 sessions that train, and up to 0.2 more for each
client that does not read), the fork server and a health check."""


def test_the_memory_of_the_container_is_what_the_server_and_its_engine_processes_may_take() -> None:
    service = compose("compose.yaml")["services"]["playground"]
    workers = max(worker_count(processors, service["cpus"]) for processors in range(service["cpus"], 257))
    limit = re.fullmatch(r"(\d+)m", service["mem_limit"])

    assert limit is not None
    assert int(limit[1]) >= workers * Settings().worker_memory + SERVER_MEMORY


def test_a_worker_of_the_cluster_has_less_than_its_container() -> None:
    service = compose("compose.cluster.yaml")["services"]["worker"]
    own = service["command"][service["command"].index("--memory-limit") + 1]

    assert own.endswith("MB")
    assert int(own.removesuffix("MB")) * 10**6 < 2**30
    assert service["mem_limit"] == "1g"


def test_the_container_has_descriptors_for_a_class_and_for_those_who_hold_some_back() -> None:
    service = compose("compose.yaml")["services"]["playground"]

    assert service["ulimits"] == {"nofile": {"soft": 65_536, "hard": 65_536}}


def test_the_image_has_all_files_of_requirements_that_it_installs_and_no_others() -> None:
    sent = re.findall(r"^!requirements/(\w+)\.txt$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    extra = compose("compose.cluster.yaml")["services"]["playground"]["build"]["args"]["EXTRAS"]

    assert sent == sorted(sent)
    assert set(sent) == {"build", "run", extra}
    assert all((ROOT / f"requirements/{name}.txt").exists() for name in sent)
    assert "/src[" not in DOCKERFILE


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
