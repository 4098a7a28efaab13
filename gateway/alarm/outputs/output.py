"""What every output has: it is told notices, one after the other, and asked now and then whether it would work."""

from typing import Protocol

from gateway.alarm.notice import Notice
from ledger.core.errors import XuemaiError


class OutputFailed(XuemaiError):  # noqa: N818  a state of the world, told as such
    """An output did not take what it was told; the message says what was expected and what came."""


class Output(Protocol):
    """One place where alarms sound. Used by one thread; every call ends within a minute."""

    def tell(self, notice: Notice) -> None:
        """Say it there.

        Raises:
            OutputFailed: it could not be said, or nobody knows whether it was.
        """
        ...

    def check(self) -> None:
        """Look whether it would work, without a sound.

        Raises:
            OutputFailed: it would not.
        """
        ...
