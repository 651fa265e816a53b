"""The timeline: a run at any moment of its past, from keyframes and from what was changed on the way.

A **moment** is a number of finished epochs and, within an epoch, a number of updates since the run began, ``Run.step``.
What is done at a moment belongs to it: the run of a moment is the last one there was, after all changes made there, and
with the marks of training that has ended there. That is what training went on from.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np

from engine.experiment import Experiment
from engine.registries.stop_rules import STOP_RULES
from engine.run import Run
from engine.timeline.entries import Begin, Change, Edit, Entry, SetParameters, Train, changed_run
from engine.timeline.keyframes import MAX_KEYFRAMES, Keyframes, Moment, Why, are_few, bytes_of, reduced
from engine.timeline.recipe import Recipe
from engine.timeline.replays import Parted, Replay
from engine.training.advance import Report
from engine.user_messages import LocalizedError, UserMessage

MAX_PINNED = 64
"""Moments that can be pinned."""

_CHANGE_BYTES, _VALUE_BYTES = 1_000, 32
"""Estimate of the memory of a change, and of each parameter that it sets."""

_BEFORE_ALL = Moment(-1)


@dataclass(frozen=True, slots=True)
class Held:
    """A moment that is not thinned out.

    Attributes:
        moment: when.
        why: all reasons.
        is_kept: whether its run is there; otherwise it is computed again from an earlier one.
    """

    moment: Moment
    why: frozenset[Why]
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Lowest:
    """The epoch of the lowest loss so far.

    Attributes:
        epoch: finished epochs.
        loss: the median over the replicas; one that is not finite counts as infinite.
        measure: the samples and the key of the loss; losses of other ones cannot be compared.
    """

    epoch: int
    loss: float
    measure: tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The past of a run, as an immutable value. Begin one with `begin`.

    Attributes:
        first: the run with which it begins, before any change.
        newest: the run as it is now.
        keyframes: runs by their moment; at most ``MAX_KEYFRAMES``, the first and the newest among them.
        changes: what was changed, each with the moment at which it was done, in order.
        pinned: moments pinned by hand.
        forks: moments at which this timeline was forked from another one.
        finite: moments of the last recorded runs of which no replica had diverged, each before one that had.
        best: the epoch of the lowest loss, as far as reports were recorded; None before the first. A fork forgets one
            that it does not reach.
        stride: epochs that share one keyframe, besides those of held moments.
    """

    first: Run
    newest: Run
    keyframes: Keyframes
    changes: tuple[tuple[Train, Change | Edit], ...] = ()
    pinned: frozenset[Moment] = frozenset()
    forks: frozenset[Moment] = frozenset()
    finite: frozenset[Moment] = frozenset()
    best: Lowest | None = None
    stride: int = 1

    @classmethod
    def begin(cls, run: Run) -> Self:
        """Return the timeline that begins with a run, trained or not."""
        return cls(run, run, {Moment.of(run): run})

    def record(self, run: Run, report: Report | None = None) -> "Timeline":
        """Return the timeline with the newest run trained on; every ``stride`` epochs one such run becomes a keyframe.

        Args:
            run: the newest one, trained on by ``advance`` only.
            report: of that training; without one the best epoch is not followed. The best one has the lowest loss that
                the stop rule watches, else over the validation samples, else, without any, over the test samples.

        Raises:
            ValueError: the run has other experiments than the newest, or lies before it.
        """
        before = self.newest
        if (run.epoch, run.step) < (before.epoch, before.step):
            raise ValueError(
                f"the run is at epoch {run.epoch}, step {run.step}; it must not be before epoch {before.epoch}, step"
                f" {before.step}"
            )
        if run.experiments != before.experiments:
            raise ValueError("the run has other experiments than the newest; use changed before training")
        diverges = bool(run.diverged.any()) and not before.diverged.any()
        return self._with(
            run,
            finite=self.finite | {Moment.of(before)} if diverges else self.finite,
            best=self.best if report is None else self._lowest(report),
        )

    def _lowest(self, report: Report) -> Lowest | None:
        experiment = self.newest.experiment
        watched = STOP_RULES[experiment.training.stop].watches
        if watched is None:
            watched = "validation" if experiment.data.validation_samples else None
        losses = {"train": report.train_loss, "validation": report.validation_loss}.get(
            watched or "", report.test_loss
        )
        if not len(report.epoch):
            return self.best
        losses = np.where(np.isfinite(losses), losses, np.inf)
        medians = losses[0] if len(losses) == 1 else np.median(losses, axis=0)
        at = int(medians.argmin())
        measure = watched or "test", experiment.objective.loss
        found = Lowest(int(report.epoch[at]), float(medians[at]), measure)
        best = self.best
        return best if best and best.measure == measure and best.loss <= found.loss else found

    def changed(self, change: Experiment | Sequence[Experiment] | Edit) -> "Timeline":
        """Return the timeline with the newest run changed; its ``newest`` is to be trained on.

        Args:
            change: another experiment with other values in live fields or another shape (``reconfigure``,
                ``transplant``), one or one per replica; or parameters set by hand.

        Raises:
            ValueError: a field that is fixed differs, or there is no such parameter.
        """
        before = self.newest
        done: Change | Edit
        if isinstance(change, Edit):
            run, done = change.apply(before), change
        else:
            run = changed_run(before, change)
            if run.experiments == before.experiments:
                return self
            done = Change.between(before.experiments, run.experiments)
        return self._with(run, changes=(*self.changes, (Train.to(before), done)))

    def at(self, epoch: int, step: int | None = None) -> Run:
        """Return the run at a moment, to the last bit, by training on from the keyframe before.

        Args:
            epoch: finished epochs.
            step: updates since the run began, at a moment within the epoch; None for the beginning of the epoch.

        Raises:
            LocalizedError: the moment is not in this timeline, or the step is not in the epoch.
        """
        try:
            return self.seek(epoch, step).advance().run
        except Parted:
            first = self.first if epoch == self.first.epoch else self.at(epoch)
            following = self.at(epoch + 1) if epoch < self.newest.epoch else self.newest
            # The last samples of an epoch are its last update, unless they are carried over.
            last = following.step - (following.position == 0 and following.carried == 0)
            raise LocalizedError(
                "no-such-step", "step", step=int(step or 0), epoch=epoch, first=first.step, last=last
            ) from None

    def seek(self, epoch: int, step: int | None = None) -> Replay:
        """Return the way to a moment, to be gone in pieces: the keyframe before, and what was done since.

        Raises:
            LocalizedError: the moment is not in this timeline. That a step is not in the epoch is only found on the
                way, as `Parted`.
        """
        moment = self._moment(epoch, step)
        start = max(place for place in self.keyframes if place <= moment)
        return Replay(self.keyframes[start], (*self._done(start, moment), Train(epoch=epoch, step=step)))

    def epochs(self, first: int | None = None, last: int | None = None) -> Iterator[Run]:
        """Yield the run at the beginning of each epoch, one after the other, from one epoch to another (inclusive).

        The first whole epoch and the newest are the defaults. Each epoch is trained once.

        Raises:
            LocalizedError: an epoch is not in this timeline.
        """
        start = self.first.epoch + (self.first.position > 0) if first is None else first
        end = self.newest.epoch if last is None else last
        if start > end:
            return
        self._moment(end, None)
        run = self.at(start)
        yield run
        for before, epoch in pairwise(range(start, end + 1)):
            done = self._done(Moment(before), Moment(epoch))
            run = Replay(run, (*done, Train(epoch=epoch))).advance().run
            newest = epoch == self.newest.epoch and self.newest.position == 0
            yield self.newest if newest else run

    def recipe(self, epoch: int | None = None, step: int | None = None) -> Recipe:
        """Return how the run at a moment came about; by default the newest.

        Raises:
            LocalizedError: the moment is not in this timeline.
            pydantic.ValidationError: there are more changes than a recipe may have.
        """
        newest = self.newest
        moment = Moment.of(newest) if epoch is None else self._moment(epoch, step)
        is_newest = moment in (Moment.of(newest), (newest.epoch, newest.step))
        end = Train.to(newest) if is_newest else Train(epoch=moment.epoch, step=step)
        entries: list[Entry] = []
        here = Moment.of(self.first)
        for entry in (*self._done(_BEFORE_ALL, moment), end):
            if not isinstance(entry, Train):
                entries.append(entry)
            elif entry.ended or _moment_of(entry) != here:
                entries.append(entry)
                here = _moment_of(entry)
        return Recipe(begin=Begin.of(self.first), entries=tuple(entries))

    def fork(self, epoch: int, step: int | None = None, run: Run | None = None) -> "Timeline":
        """Return the timeline that ends at a moment and keeps the past up to there; it can go on from its newest run.

        Args:
            epoch: as for `at`.
            step: as for `at`.
            run: the result of ``at(epoch, step)``, if it is already there; else it is computed.

        Raises:
            LocalizedError: the moment is not in this timeline, or the step is not in the epoch.
        """
        newest = self.at(epoch, step) if run is None else run
        moment = self._moment(epoch, step)
        here = Moment.of(newest)

        def past(moments: frozenset[Moment]) -> frozenset[Moment]:
            return frozenset(one for one in moments if one <= moment)

        return replace(
            self,
            newest=newest,
            keyframes={place: one for place, one in self.keyframes.items() if place <= moment}
            | {here: newest},
            changes=tuple(one for one in self.changes if _moment_of(one[0]) <= moment),
            pinned=past(self.pinned),
            forks=past(self.forks) | {here},
            finite=past(self.finite),
            best=self.best if self.best and self.best.epoch <= epoch else None,
        )

    def pin(self, epoch: int, step: int | None = None, run: Run | None = None) -> "Timeline":
        """Return the timeline with a moment held.

        Args:
            epoch: as for `at`.
            step: as for `at`.
            run: the result of ``at(epoch, step)``, which becomes a keyframe; without it the moment is computed again
                where it is no keyframe.

        Raises:
            LocalizedError: the moment is not in this timeline, or too many are pinned.
        """
        moment = self._moment(epoch, step)
        if len(self.pinned | {moment}) > MAX_PINNED:
            raise LocalizedError("too-many-pinned", "epoch", most=MAX_PINNED)
        keyframes = self.keyframes if run is None else {**self.keyframes, moment: run}
        pinned = replace(self, keyframes=dict(sorted(keyframes.items())), pinned=self.pinned | {moment})
        return pinned if len(keyframes) <= MAX_KEYFRAMES else pinned._reduced(are_few)

    def unpin(self, epoch: int, step: int | None = None) -> "Timeline":
        """Return the timeline with a moment no longer pinned."""
        return replace(self, pinned=self.pinned - {Moment(epoch, step or 0)})

    @property
    def held(self) -> tuple[Held, ...]:
        """The moments that are not thinned out, in order."""
        return tuple(
            Held(moment, frozenset(why), moment in self.keyframes)
            for moment, why in sorted(self._why().items())
        )

    @property
    def bytes(self) -> int:
        """Estimate of the memory of keyframes and changes, in bytes; experiments, which runs share, do not count."""
        values = sum(len(one.values) for _, one in self.changes if isinstance(one, SetParameters))
        return bytes_of(self.keyframes) + _CHANGE_BYTES * len(self.changes) + _VALUE_BYTES * values

    def within(self, limit: int) -> "Timeline":
        """Return the timeline with no more keyframes than fit into a number of bytes.

        The stride is doubled as often as needed. Held moments that do not fit are left without a run, those first that
        are the least work to compute again. The first and the newest run always stay, and so do the changes.
        """
        spare = limit - (self.bytes - bytes_of(self.keyframes))
        return self._reduced(lambda keyframes: bytes_of(keyframes) <= spare)

    def _moment(self, epoch: int, step: int | None) -> Moment:
        """Return a moment; refuse one before the first or behind the newest."""
        moment = Moment(epoch, step or 0)
        newest = self.newest
        if Moment.of(self.first) <= moment <= Moment(newest.epoch, newest.step):
            return moment
        wanted = (
            UserMessage("moment-epoch", {"epoch": epoch})
            if step is None
            else UserMessage("moment", {"epoch": epoch, "step": step})
        )
        ends = [UserMessage("moment", {"epoch": run.epoch, "step": run.step}) for run in (self.first, newest)]
        raise LocalizedError("no-such-moment", "epoch", wanted=wanted, first=ends[0], last=ends[1])

    def _done(self, after: Moment, until: Moment) -> Iterator[Entry]:
        """Yield what was done after a moment, and until another one."""
        for train, change in self.changes:
            if after < _moment_of(train) <= until:
                yield train
                yield change

    def _with(self, run: Run, **changes: Any) -> "Timeline":
        """Return the timeline with another newest run, and without keyframes that have become needless by that."""
        keyframes = {**self.keyframes, Moment.of(run): run}
        longer = replace(self, newest=run, keyframes=keyframes, **changes)
        for moment in {Moment.of(self.newest), *(() if self.best is None else (Moment(self.best.epoch),))}:
            if moment in keyframes and not longer._stays(moment):
                del keyframes[moment]
        return longer if len(keyframes) <= MAX_KEYFRAMES else longer._reduced(are_few)

    def _stays(self, moment: Moment) -> bool:
        """Return whether a keyframe is held, or the first of its stride."""
        if moment in (Moment.of(self.first), Moment.of(self.newest)):
            return True
        if moment in self.pinned or moment in self.forks or moment in self.finite:
            return True
        if self.best is not None and moment == Moment(self.best.epoch):
            return True
        place = bisect_left(self.changes, moment, key=lambda one: _moment_of(one[0]))
        if place < len(self.changes) and _moment_of(self.changes[place][0]) == moment:
            return True
        moments = list(self.keyframes)
        before = moments[bisect_left(moments, moment) - 1]
        return before.epoch // self.stride != moment.epoch // self.stride

    def _reduced(self, fits: Callable[[Keyframes], bool]) -> "Timeline":
        """Return the timeline with as many keyframes as its stride allows and as fit."""
        ends = {Moment.of(self.first), Moment.of(self.newest)}
        keyframes, stride = reduced(self.keyframes, ends, self._why(), self.stride, fits)
        return replace(self, keyframes=keyframes, stride=stride)

    def _why(self) -> dict[Moment, set[Why]]:
        """Return the held moments, each with the reasons."""
        best = () if self.best is None else (Moment(self.best.epoch),)
        groups: dict[Why, Iterable[Moment]] = {
            "begin": (Moment.of(self.first),),
            "change": (_moment_of(train) for train, _ in self.changes),
            "fork": self.forks,
            "pinned": self.pinned,
            "best": best,
            "finite": self.finite,
        }
        why: dict[Moment, set[Why]] = {}
        for reason, moments in groups.items():
            for moment in moments:
                why.setdefault(moment, set()).add(reason)
        return why


def _moment_of(entry: Train) -> Moment:
    return Moment(entry.epoch, entry.step or 0)
