"""Turns: owners share evenly, however many calls each of them has."""

import weakref
from collections import Counter, defaultdict

import pytest

from server.compute.fair_queue import FairQueue, NestedFairQueue


def serve(turns: FairQueue[str], rounds: int, **demand: int) -> Counter[object]:
    """Take turns of one second with one worker; every owner keeps so many calls going. Returns who got how many."""
    served: Counter[object] = Counter()
    for name, count in demand.items():
        for number in range(count):
            turns.put(name, f"{name} {number}")
    for _ in range(rounds):
        owner, item = turns.take()
        assert item.startswith(str(owner))
        turns.charge(owner, 1.0)
        served[owner] += 1
        # The worker is given the next call before the answer of this one has brought its successor.
        turns.put(owner, item)
    return served


def test_one_owner_waits_in_order() -> None:
    turns: FairQueue[int] = FairQueue()
    for number in range(3):
        turns.put("one", number)

    assert [turns.take()[1] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError):
        turns.take()


def test_ten_sessions_of_one_get_as_much_as_one_session_of_another() -> None:
    served = serve(FairQueue(), 100, crowd=10, single=1)

    assert served == {"crowd": 50, "single": 50}


def test_one_that_comes_back_after_its_answer_still_gets_half() -> None:
    """A session asks again only when it was answered, and by then the worker has the call of another."""
    turns: FairQueue[str] = FairQueue()
    for number in range(10):
        turns.put("crowd", str(number))
    turns.put("single", "only")
    served: Counter[object] = Counter()
    coming_back: list[tuple[object, str]] = []
    for _ in range(100):
        owner, item = turns.take()
        turns.charge(owner, 1.0)
        served[owner] += 1
        for back in coming_back:
            turns.put(*back)
        coming_back = [(owner, item)]

    assert abs(served["single"] - 50) <= 1


def test_owners_pay_for_seconds_not_for_calls() -> None:
    turns: FairQueue[str] = FairQueue()
    served: Counter[object] = Counter()
    for name in ("quick", "slow"):
        turns.put(name, name)
    for _ in range(110):
        owner, item = turns.take()
        turns.charge(owner, 10.0 if owner == "slow" else 1.0)
        served[owner] += 1
        turns.put(owner, item)

    assert served == {"quick": 100, "slow": 10}


def test_who_was_away_does_not_make_up_for_it() -> None:
    turns: FairQueue[str] = FairQueue()
    serve(turns, 100, busy=1)
    turns.take()

    assert abs(serve(turns, 100, busy=1, late=1)["late"] - 50) <= 1


def test_who_had_much_while_alone_is_not_punished_when_others_come() -> None:
    turns: FairQueue[str] = FairQueue()
    serve(turns, 1000, early=1)
    turns.take()

    assert abs(serve(turns, 100, early=1, new=1)["early"] - 50) <= 1


def test_what_has_to_wait_again_comes_first() -> None:
    turns: FairQueue[str] = FairQueue()
    for item in ("one", "two"):
        turns.put("owner", item)
    owner, item = turns.take()

    turns.put_first(owner, item)

    assert turns.take()[1] == "one"


def test_what_is_removed_is_not_taken() -> None:
    turns: FairQueue[str] = FairQueue()
    turns.put("owner", "one")
    turns.put("owner", "two")

    assert turns.remove("owner", "one")
    assert not turns.remove("owner", "one")
    assert not turns.remove("nobody", "one")
    assert turns.take()[1] == "two"
    assert len(turns) == 0


def test_accounts_of_those_who_left_are_dropped() -> None:
    turns: FairQueue[int] = FairQueue()
    for number in range(10_000):
        turns.put(number, number)
        owner, _ = turns.take()
        turns.charge(owner, 0.005)

    assert turns.accounts < 200


def test_no_account_of_an_owner_for_whom_nothing_waits_is_remembered_while_nothing_is_taken() -> None:
    class Owner:
        pass

    queue: FairQueue[None] = FairQueue()
    owners: weakref.WeakSet[Owner] = weakref.WeakSet()
    for _ in range(1_000):
        owner = Owner()
        owners.add(owner)
        queue.charge(owner, 0.001)

    assert len(owners) <= 1  # the last one has a name here


def test_what_is_urgent_is_next_and_is_charged() -> None:
    turns: FairQueue[str] = FairQueue()
    for owner in ("one", "two", "three"):
        turns.put(owner, f"{owner} 1")
    turns.put("three", "three 2", urgent=True)

    assert turns.take() == ("three", "three 2")
    turns.charge("three", 0.05)
    assert [turns.take()[0] for _ in range(3)] == ["one", "two", "three"]


def test_what_is_hastened_is_next_and_what_is_not_there_is_not() -> None:
    turns: FairQueue[str] = FairQueue()
    for owner in ("one", "two", "three"):
        turns.put(owner, owner)

    assert turns.hasten("three")
    assert not turns.hasten("four")

    assert [turns.take()[1] for _ in range(3)] == ["three", "one", "two"]


def test_who_was_often_in_a_hurry_does_not_wait_long_for_the_rest() -> None:
    turns: FairQueue[str] = FairQueue()
    for number in range(9):
        turns.put(f"calm {number}", "something")
    for _ in range(100):
        turns.put("hurried", "urgent", urgent=True)
        assert turns.take() == ("hurried", "urgent")
        turns.charge("hurried", 0.005)
    turns.put("hurried", "the rest")

    order = []
    for _ in range(80):
        owner, item = turns.take()
        turns.charge(owner, 0.005)
        order.append(owner)
        turns.put(owner, item)

    assert 9 * 6 <= order.index("hurried") <= 9 * 8


# ------------------------------------------------------------------------------------- owners, and sessions of each


def test_owners_share_evenly_and_so_do_the_sessions_of_each() -> None:
    turns: NestedFairQueue[tuple[str, str]] = NestedFairQueue()
    for session in "abcd":
        turns.put("crowd", session, ("crowd", session))
    turns.put("single", "a", ("single", "a"))
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for _ in range(400):
        item = turns.take()
        owner, session = item
        took = 5.0 if session == "d" else 1.0  # one session of the crowd has longer calls
        turns.charge(owner, session, took)
        seconds[item] += took
        turns.put(owner, session, item)

    crowd = [seconds["crowd", session] for session in "abcd"]
    assert sum(crowd) == pytest.approx(seconds["single", "a"], rel=0.05)
    assert max(crowd) <= 1.1 * min(crowd)


def test_what_is_urgent_goes_first_and_what_is_removed_does_not_come() -> None:
    turns: NestedFairQueue[str] = NestedFairQueue()
    for session in "abc":
        turns.put("crowd", session, session)
    turns.put("crowd", "urgent", "urgent", urgent=True)
    turns.put_first("crowd", "b", "again")

    assert turns.remove("crowd", "a", "a")
    assert not turns.remove("crowd", "a", "a")
    assert not turns.remove("nobody", "a", "a")
    assert len(turns) == 4
    assert turns.take() == "urgent"
    assert sorted(turns.drain()) == ["again", "b", "c"]
    assert len(turns) == 0


def test_sessions_of_owners_for_whom_nothing_waits_are_forgotten_once_they_are_many() -> None:
    turns: NestedFairQueue[int] = NestedFairQueue()
    for number in range(1000):
        turns.put(number, None, number)
        turns.take()

    assert turns.accounts < 100
