"""Admission: persons take turns, however many of one come."""

import asyncio
import time

import pytest

from server.sessions.admission import Admission, AdmissionQueueFull

pytestmark = pytest.mark.anyio


async def entering(admission: Admission, person: str, order: list[str]) -> None:
    await admission.enter(person)
    order.append(person)


async def test_one_who_comes_again_and_again_delays_only_itself() -> None:
    admission, order = Admission(200.0, 1.0, time.monotonic), list[str]()
    flood = [asyncio.create_task(entering(admission, "flood", order)) for _ in range(60)]
    await asyncio.sleep(0)
    innocent = [asyncio.create_task(entering(admission, name, order)) for name in ("a", "b", "a")]

    await asyncio.gather(*innocent)

    assert order.count("flood") <= 5
    await asyncio.gather(*flood)
    assert len(order) == 63


async def test_the_rate_is_kept() -> None:
    admission, order = Admission(100.0, 5.0, time.monotonic), list[str]()
    begin = time.monotonic()

    await asyncio.gather(*(entering(admission, str(number), order) for number in range(25)))

    assert time.monotonic() - begin >= 0.19
    assert order == [str(number) for number in range(25)]


async def test_who_leaves_loses_the_place() -> None:
    later = 0.0
    admission, order = Admission(20.0, 1.0, lambda: time.monotonic() + later), list[str]()
    assert admission.try_enter()
    gone = [asyncio.create_task(entering(admission, "gone", order)) for _ in range(200)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)

    await entering(admission, "next", order)

    assert order == ["next"]
    assert admission.waiting == {}
    later = 60.0
    assert admission.try_enter()  # as nobody is queued any more


async def test_a_person_who_would_wait_too_long_is_refused_and_others_are_not() -> None:
    admission, order = Admission(1.0, 1.0, time.monotonic), list[str]()
    assert admission.try_enter()
    crowd = [asyncio.create_task(entering(admission, "crowd", order)) for _ in range(16)]
    await asyncio.sleep(0)

    with pytest.raises(AdmissionQueueFull):
        await admission.enter("crowd")
    other = asyncio.create_task(entering(admission, "other", order))
    await asyncio.wait([other], timeout=5)

    assert other.done()
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
