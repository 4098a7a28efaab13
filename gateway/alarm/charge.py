"""The command's side of taking charge: leave the wish, and wait until the running gateway's status shows it."""

import secrets
import time
from pathlib import Path

from gateway import status as statuses
from gateway.alarm import acknowledging
from gateway.alarm.acknowledging import Acknowledgement
from gateway.alarm.kept import Kept
from ledger.core.errors import FormatError
from ledger.core.ids import is_id

TAKEN_SECONDS = 8.0
_LOOK_SECONDS = 0.1


def card_of(by: str) -> str:
    """The text of a person's card.

    Raises:
        FormatError: no pseudonym.
    """
    return acknowledging.card(_person(by))


def take_charge(directory: Path, by: str, device: str = "") -> list[Kept]:
    """The alarms that `by` has charge of now.

    Raises:
        FormatError: no pseudonym, no running gateway, no such alarm, or it did not take the wish up in time.
    """
    wish = Acknowledgement(_person(by), "command", device)
    waiting = [each for each in statuses.read(directory).sounding if _concerns(each, device)]
    if not waiting:
        raise FormatError("expected an alarm that nobody took charge of; there is none")
    path = acknowledging.ask(directory, wish, secrets.token_bytes)
    give_up_at = time.monotonic() + TAKEN_SECONDS
    wanted = {each.raised for each in waiting}
    while time.monotonic() < give_up_at:
        time.sleep(_LOOK_SECONDS)
        open_ = {each.raised for each in statuses.read(directory).sounding if _concerns(each, device)}
        if not path.exists() and not open_ & wanted:
            return waiting
    path.unlink(missing_ok=True)
    raise FormatError(f"expected the gateway to take it up within {TAKEN_SECONDS:.0f} s; is the gateway running?")


def _concerns(alarm: Kept, device: str) -> bool:
    return alarm.acknowledged is None and device in {"", alarm.device}


def _person(by: str) -> str:
    if not is_id(by, "person"):
        raise FormatError(f"expected a pseudonym, person: and 32 hex digits; got {by!r}")
    return by
