"""Taking charge of alarms: by a command on the gateway's machine, or by scanning one's card at a scanner.

Both name a person by the pseudonym, which is what the event says; a button names nobody and is no way. A card is a
Code 128 with the text `XUEMAI ACK` and the pseudonym's 32 hex digits; whoever has it counts as the person. The command
puts a file into the gateway's folder, which only its owner can; the gateway takes it up within a second.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import structlog

from gateway.ports.mailbox import Heard, Letter
from gateway.wire.items import LabelScan
from ledger.core.ids import is_id

FOLDER = "acknowledge"
Way: TypeAlias = Literal["command", "card"]
_CARD = re.compile(r"XUEMAI ACK ([0-9a-fA-F]{32})\Z")
_log = structlog.get_logger("alarm")


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`by` takes charge of every alarm, or of those of one `device`."""

    by: str
    way: Way
    device: str = ""


def card(by: str) -> str:
    """The text of a person's card."""
    return f"XUEMAI ACK {by.partition(':')[2]}"


def ask(directory: Path, wanted: Acknowledgement, random_bytes: Callable[[int], bytes]) -> Path:
    """Leave a wish for the running gateway; where it lies until it is taken up."""
    folder = directory / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{random_bytes(8).hex()}.json"
    aside = path.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(wanted))
    aside.replace(path)
    return path


def take(directory: Path) -> list[Acknowledgement]:
    """What was asked for since; each is taken once, and what is no wish is thrown away, loudly."""
    wishes: list[Acknowledgement] = []
    for path in sorted((directory / FOLDER).glob("*.json")):
        try:
            wish = msgspec.json.decode(path.read_bytes(), type=Acknowledgement)
            path.unlink()
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("no acknowledgement", file=path.name, reason=str(error))
            path.unlink(missing_ok=True)
            continue
        if is_id(wish.by, "person"):
            wishes.append(wish)
    return wishes


@dataclass(frozen=True, slots=True)
class Sorted:
    """A letter without the cards that were scanned, and those."""

    letter: Letter
    cards: tuple[Acknowledgement, ...]


def without_cards(letter: Letter) -> Sorted:
    """Tell cards from labels: a card is an acknowledgement, and no scan of a label."""
    if not isinstance(letter, Heard):
        return Sorted(letter, ())
    cards, rest = [], []
    for item in letter.items:
        found = _CARD.match(item.text.strip()) if isinstance(item, LabelScan) else None
        if found is None:
            rest.append(item)
        else:
            cards.append(Acknowledgement(f"person:{found[1].lower()}", "card"))
    return Sorted(replace(letter, items=tuple(rest)) if cards else letter, tuple(cards))
