"""
Whether the monitor itself is cut off: a reducer with a table of edges.

                    answered     silent       correlated   nothing      expired
    connected       connected    proven       supposed     connected    connected
    proven          connected    proven       supposed     supposed     proven
    supposed        connected    proven       supposed     supposed     doubted
    doubted         connected    proven       doubted      doubted      doubted

Properties, which the tests hold:
1. an answer of any target after the failure, or of a quorum of canaries, ends it at once
2. a canary that has not answered since the start has no vote, so it can isolate nobody
3. without canaries that vote only correlated failure begins it
4. without proof from a canary it is believed in the half-open time [since, since + hold)
5. what is connected stays so unless something failed

The LAN and the internet are judged apart, each by a `Link` of its own. Who answered is
gathered by `fettled.app.isolation`; what a reason proves is `reach`'s. Time comes in,
values go out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from fettled.core.condition import Condition
from fettled.core.observations import Reason
from fettled.core.reach import NEEDED
from fettled.core.words import Phase, Requires, Verdict

#: Of what was up, this share must be failing before it is taken for a failure of our own.
NEARLY_ALL = 0.9
#: Failures must be this widely spread: fewer addresses or parents have simpler explanations.
LEAST_ADDRESSES = 3
LEAST_PARENTS = 3


class Standing(StrEnum):
    """How the monitor stands towards one network."""

    CONNECTED = "connected"
    #: The canaries are silent.
    PROVEN = "proven"
    #: Nearly everything fails at once, and no canary has a vote.
    SUPPOSED = "supposed"
    #: Supposed for too long: either we are cut off, or everything is down.
    DOUBTED = "doubted"


class Word(StrEnum):
    """What one look around says."""

    ANSWERED = "answered"
    SILENT = "silent"
    CORRELATED = "correlated"
    NOTHING = "nothing"
    EXPIRED = "expired"


_S, _W = Standing, Word
TABLE: dict[tuple[Standing, Word], Standing] = {
    (_S.CONNECTED, _W.ANSWERED): _S.CONNECTED,
    (_S.CONNECTED, _W.SILENT): _S.PROVEN,
    (_S.CONNECTED, _W.CORRELATED): _S.SUPPOSED,
    (_S.CONNECTED, _W.NOTHING): _S.CONNECTED,
    (_S.CONNECTED, _W.EXPIRED): _S.CONNECTED,
    (_S.PROVEN, _W.ANSWERED): _S.CONNECTED,
    (_S.PROVEN, _W.SILENT): _S.PROVEN,
    (_S.PROVEN, _W.CORRELATED): _S.SUPPOSED,
    (_S.PROVEN, _W.NOTHING): _S.SUPPOSED,
    (_S.PROVEN, _W.EXPIRED): _S.PROVEN,
    (_S.SUPPOSED, _W.ANSWERED): _S.CONNECTED,
    (_S.SUPPOSED, _W.SILENT): _S.PROVEN,
    (_S.SUPPOSED, _W.CORRELATED): _S.SUPPOSED,
    (_S.SUPPOSED, _W.NOTHING): _S.SUPPOSED,
    (_S.SUPPOSED, _W.EXPIRED): _S.DOUBTED,
    (_S.DOUBTED, _W.ANSWERED): _S.CONNECTED,
    (_S.DOUBTED, _W.SILENT): _S.PROVEN,
    (_S.DOUBTED, _W.CORRELATED): _S.DOUBTED,
    (_S.DOUBTED, _W.NOTHING): _S.DOUBTED,
    (_S.DOUBTED, _W.EXPIRED): _S.DOUBTED,
}

#: While it stands so, failures that could be our own are not believed.
CUT = frozenset({Standing.PROVEN, Standing.SUPPOSED})


@dataclass(frozen=True, slots=True)
class Rules:
    """
    The thresholds, as configured.

    Attributes:
        quorum: so many canaries must answer for the network to count as working.
        min_checks: so many must fail at once where no canary has a vote.
        hold: how long isolation is believed without proof from a canary.
    """

    quorum: int = 1
    min_checks: int = 10
    hold: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Link:
    """
    What is believed of one network; times are the daemon's own clock.

    Attributes:
        since: when *standing* was entered; None: never anything else.
        began: when it was lost; None while it is not.
    """

    network: Requires
    standing: Standing = Standing.CONNECTED
    since: datetime | None = None
    began: datetime | None = None

    @property
    def is_cut(self) -> bool:
        """Whether failures beyond it are disbelieved."""
        return self.standing in CUT


@dataclass(frozen=True, slots=True)
class Canary:
    """
    Who may prove that a network works.

    Attributes:
        network: how far its answer proves the network to work.
    """

    name: str
    network: Requires


def hear(link: Link, word: Word, at: datetime, rules: Rules) -> Link:
    """Advance *link* by what is known at *at*; the same object where nothing changes."""
    return _enter(expire(link, at, rules), word, at)


def expire(link: Link, at: datetime, rules: Rules) -> Link:
    """Let *link* be doubted once it was supposed to be lost for too long."""
    is_old = link.since is not None and at - link.since >= rules.hold
    return _enter(link, Word.EXPIRED, at) if is_old else link


def _enter(link: Link, word: Word, at: datetime) -> Link:
    standing = TABLE[link.standing, word]
    if standing is link.standing:
        return link
    began = None if standing is Standing.CONNECTED else link.began or at
    return replace(link, standing=standing, since=at, began=began)


def voters(canaries: Iterable[Canary], trusted: Collection[str], network: Requires) -> list[Canary]:
    """
    List whose silence says that *network* is lost, among those that are *trusted*.

    Those beyond the uplink may be silent for another reason than the LAN, so they vote on
    it only where nobody nearer does.
    """
    able = [each for each in canaries if each.name in trusted and network in NEEDED[each.network]]
    return [each for each in able if each.network is network] or able


@dataclass(frozen=True, slots=True)
class Round:
    """What one asking of the canaries brought, by name; who is in neither could not be asked."""

    answered: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


def count(
    canaries: Collection[Canary], trusted: Collection[str], heard: Round, link: Link, quorum: int
) -> Word | None:
    """
    Say what a round of canaries proves of *link*'s network; None: nobody had a vote.

    Args:
        canaries: all there are.
        trusted: the names of those that have answered since the start.
        heard: what the round brought.
        link: whose network it is about.
        quorum: how many must answer, as far as there are so many.
    """
    silent = [each for each in voters(canaries, trusted, link.network) if each.name in heard.failed]
    proofs = [
        each
        for each in canaries
        if each.name in heard.answered and link.network in NEEDED[each.network]
    ]
    if proofs and len(proofs) >= min(quorum, len(proofs) + len(silent)):
        return Word.ANSWERED
    return Word.SILENT if silent else None


def judge(
    vote: Word | None, *, failed: datetime, worked: datetime | None, correlated: bool
) -> Word:
    """
    Say what is known once something failed.

    Args:
        vote: of the canaries.
        failed: when the look that failed began.
        worked: when a target beyond this network last answered.
        correlated: whether nearly everything fails at once.
    """
    if worked is not None and worked >= failed:
        return Word.ANSWERED
    if vote is not None:
        return vote
    return Word.CORRELATED if correlated else Word.NOTHING


@dataclass(frozen=True, slots=True)
class Trace:
    """
    What the last looks at one check say about the network.

    Attributes:
        parent: what it is reached through; its own subject where it has none.
        answered: when it answered last, or was known to be well; None: never.
        failed, newest: the first and the newest look of the network-class failures since
            then, by their starts; None while it answers.
    """

    address: str
    parent: str
    interval: timedelta
    timeout: timedelta
    answered: datetime | None
    failed: datetime | None = None
    newest: datetime | None = None


def correlated(
    traces: Iterable[Trace], worked: datetime | None, at: datetime, rules: Rules
) -> bool:
    """
    Whether nearly all checks that were up began to fail in one interval, and none answers.

    Checks of long intervals have not been looked at yet when those of short ones all
    fail, so every length of interval is asked for, with all that are no longer.

    Args:
        traces: of checks beyond the network that are not on this machine.
        worked: when any of them answered last; what failed before that is no sign.
        at: now.
        rules: the thresholds.
    """
    up = failing = 0
    addresses: set[str] = set()
    parents: set[str] = set()
    ordered = sorted(traces, key=lambda trace: trace.interval)
    for number, trace in enumerate(ordered):
        fails = _fails(trace, worked, at)
        if fails is not None:
            up += 1
            failing += fails
        if fails:
            addresses.add(trace.address)
            parents.add(trace.parent)
        is_last = number + 1 == len(ordered) or ordered[number + 1].interval > trace.interval
        if (
            is_last
            and failing >= rules.min_checks
            and failing >= NEARLY_ALL * up
            and len(addresses) >= LEAST_ADDRESSES
            and len(parents) >= LEAST_PARENTS
        ):
            return True
    return False


def _fails(trace: Trace, worked: datetime | None, at: datetime) -> bool | None:
    """Whether it was up and began to fail within its last interval; None: it has no say."""
    since = dropped_since(at, trace.interval, trace.timeout)
    if trace.answered is None:
        return None
    if trace.failed is None or trace.newest is None:
        return False if trace.answered >= since else None
    if trace.failed < since:
        return None
    # A look that began before another target answered is no evidence either way.
    return True if worked is None or trace.newest > worked else None


def dropped_since(at: datetime, interval: timedelta, timeout: timedelta) -> datetime:
    """From when on what a check made of its failures is dropped, where it was cut off at *at*."""
    return at - interval - timeout


def start_again(condition: Condition, since: datetime) -> Condition:
    """
    Drop the pending time of *condition* where its run began at *since* or later.

    What it saw was the network's failure, not its own: neither the run nor the flip counts.
    """
    began = condition.run_from
    if condition.phase is not Phase.PENDING_OPEN or began is None or began < since:
        return condition
    flips = condition.flips
    if flips and not flips[-1].up and flips[-1].at >= since:
        flips = flips[:-1]
    return replace(
        condition,
        verdict=Verdict.UNKNOWN,
        reason=Reason.ISOLATED,
        message="its failures began when the monitor was cut off, so they count anew",
        flips=flips,
        run_from=None,
        run_last=None,
        run_count=0,
    )
