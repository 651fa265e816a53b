"""Processors: affinity, quotas of containers, and how many engine processes they make."""

import os
from pathlib import Path

import pytest

from server.settings.processors import cgroup_quota, default_workers, usable_processors, worker_count


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({}, None),
    ],
)
def test_the_quota_of_a_container_is_read(tmp_path: Path, files: dict[str, str], quota: float | None) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    assert cgroup_quota(tmp_path) == quota


@pytest.mark.parametrize(
    ("processors", "quota", "workers"),
    [
        (1, None, 1),
        (4, None, 4),
        (64, None, 8),
        (4, 4.0, 4),  # all there are can be used all the time
        (4, 2.0, 1),
        (4, 2.5, 2),
        (4, 0.5, 1),
        (64, 16.0, 8),
    ],
)
def test_a_quota_leaves_a_processor_to_the_server(processors: int, quota: float | None, workers: int) -> None:
    assert worker_count(processors, quota) == workers


def test_only_processors_of_the_affinity_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 3}, raising=False)

    assert usable_processors() == 3


@pytest.mark.parametrize(("found", "processors"), [(6, 6), (None, 1)])
def test_where_there_is_no_affinity_all_processors_count(
    monkeypatch: pytest.MonkeyPatch, found: int | None, processors: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: found)

    assert usable_processors() == processors
    assert default_workers() >= 1
