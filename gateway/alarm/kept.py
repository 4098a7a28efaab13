"""What is kept of an alarm over a restart, and shown of it and of the outputs in the status."""

from typing import TypeAlias

from msgspec import Struct

from ledger.core.kinds import AlarmCause

Key: TypeAlias = tuple[AlarmCause, str]
"""What makes two alarms the same: the cause and the device."""


class Kept(Struct, frozen=True, kw_only=True):
    """One alarm, as it is kept, and shown in the status.

    Attributes:
        cause: see `kinds.AlarmCause`.
        device: what it is about.
        place: where; may be empty.
        reason: in words, as it was last.
        raised: since when, an instant.
        steps: how many steps were taken.
        by: who took charge; empty while nobody has.
        acknowledged: when, an instant; None while nobody has.
        over: when what it was about was over, an instant; None while it is not.
    """

    cause: AlarmCause
    device: str
    place: str
    reason: str
    raised: str
    steps: int = 0
    by: str = ""
    acknowledged: str | None = None
    over: str | None = None

    @property
    def key(self) -> Key:
        """The condition's."""
        return self.cause, self.device


class OutputStatus(Struct, frozen=True, kw_only=True):
    """One output: `state` is `ok`, `fault`, or `waiting` before its first check."""

    name: str
    state: str
    reason: str = ""
