"""The directory where nobody is configured: any name will do, and nobody is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fettled.core.oncall import Duty
from fettled.ports import Schedule, Team, User


class Anybody:
    """Knows nobody, and refuses nobody."""

    is_configured = False

    def user(self, name: str) -> User | None:  # noqa: ARG002 - the port's signature
        """Nobody is known."""
        return None

    def team(self, name: str) -> Team | None:  # noqa: ARG002 - as above
        """No team is known."""
        return None

    def schedule(self, name: str) -> Schedule | None:  # noqa: ARG002 - as above
        """No schedule is known."""
        return None

    def users(self) -> Sequence[User]:
        """There are none."""
        return ()

    def teams(self) -> Sequence[Team]:
        """There are none."""
        return ()

    def schedules(self) -> Sequence[Schedule]:
        """There are none."""
        return ()

    def teams_of(self, user: str) -> frozenset[str]:  # noqa: ARG002 - as above
        """Nobody is in a team."""
        return frozenset()

    def shifts_of(self, user: str) -> frozenset[str]:  # noqa: ARG002 - as above
        """Nobody takes part in a shift."""
        return frozenset()

    def on_call(self, schedule: str, at: datetime) -> str | None:  # noqa: ARG002 - as above
        """Nobody is on call."""
        return None

    def duty(self, schedule: str, at: datetime) -> Duty:  # noqa: ARG002 - as above
        """Nobody is on call, and nobody will be."""
        return Duty()
