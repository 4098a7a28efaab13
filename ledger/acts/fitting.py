"""What somebody says of a step, as its kind has it: the same for the API and the commands.

The pages read their forms by themselves (`web.forms`), field by field, and forgive more.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ledger.acts.persons import NAMED
from ledger.acts.steps import KINDS, NEEDS_PLACE
from ledger.core.errors import Refused
from ledger.core.spelling import exact

OURS: Final = frozenset(
    {"v", "kind", "stream", "seq", "nonce", "time", "clock", "by", "recorded_at", "entered_by", "confirmed_by",
     "request", "reported_by", "report", "withheld"}
)  # fmt: skip
"""Fields that the ledger fills in."""
ELSEWHERE: Final = frozenset(
    {"ordered", "order_cancelled", "dispatch_checked", "handed_over", "batch_released", "corrected", "commented",
     "discarded", "case_opened", "notice_sent", "notice_acknowledged", "case_closed"}
)  # fmt: skip
"""Kinds that are said in a way of their own: what they say is counted, numbered, or points at something."""
_SAMPLE: Final = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
_SOMETIME: Final = "2026-01-01T00:00:00.000Z"
_SOMEBODY: Final = "person:" + "0" * 32


def fitted(kind: str, said: Mapping[str, object]) -> dict[str, object] | Refused:
    """The fields of a step as its kind has them, with persons as they were given.

    Args:
        kind: the kind of event, one of `KINDS`.
        said: its own fields, as JSON has them; persons as logins or pseudonyms.
    """
    ours = sorted(OURS.intersection(said))
    if ours:
        return Refused("fields", f"{', '.join(ours)}: the ledger fills this in")
    if kind in NEEDS_PLACE and "place" not in said:
        return Refused("fields", f"place: a {kind} says where")
    tried = {name: _SOMEBODY if name in NAMED else value for name, value in said.items()}
    try:
        made = msgspec.convert({"kind": kind, **_SAMPLE, "time": _SOMETIME, **tried}, exact(KINDS[kind]))
    except msgspec.ValidationError as error:
        return Refused("fields", str(error))
    # The rules take components as a form gives them, and a checklist as its event has it.
    return {name: getattr(made, name) if name == "checklist" else said[name] for name in said}
