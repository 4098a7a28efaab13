"""What an output is told, and how it is said in a line: the words of alarms, in Chinese and English."""

from datetime import tzinfo
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from gateway.words.causes import CAUSES
from gateway.words.reasons import in_chinese
from gateway.words.speech import Language, Speech
from ledger.core.kinds import AlarmCause

Phase: TypeAlias = Literal["raised", "acknowledged", "over"]
SMS_CHARACTERS = 70
"""Of one message in UCS-2 (3GPP TS 23.040 §9.2.3.16: 140 octets)."""

PHASES: dict[Phase, tuple[str, str]] = {
    "raised": ("报警", "ALARM"),
    "acknowledged": ("已确认", "acknowledged"),
    "over": ("解除", "over"),
}


class Notice(Struct, frozen=True, kw_only=True):
    """One thing that an output is told.

    Attributes:
        phase: `raised` at a step of the escalation, then `acknowledged`, then `over`.
        gateway: its name.
        cause: see `kinds.AlarmCause`.
        device: what it is about.
        place: where; may be empty.
        reason: in words, in English, as it is by now.
        raised: since when, an instant.
        step: which step of the escalation this is, from 1.
        by: who took charge, a pseudonym; empty while nobody has.
        text: all of it in a line, in the configured language.
    """

    phase: Phase
    gateway: str
    cause: AlarmCause
    device: str
    place: str
    reason: str
    raised: str
    step: int
    by: str = ""
    text: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The alarm that it is about."""
        return self.cause, self.device

    def spoken(self, language: Language, zone: tzinfo | None = None) -> "Notice":
        """With its line of text, its time in `zone`; None: the machine's, where those are whom it wakes."""
        column = 0 if language == "zh" else 1
        where = " ".join(filter(None, (self.place.partition(":")[2], self.device.rpartition("/")[2])))
        head = f"血脉{PHASES[self.phase][0]}" if column == 0 else f"Xuemai {PHASES[self.phase][1]}"
        since = Speech(language, zone).moment(self.raised)[5:16]
        text = f"{head} {CAUSES[self.cause][column]} {where} {since}"
        if self.phase == "raised":
            text += f" {(in_chinese(self.reason) if column == 0 else None) or self.reason}"
        return msgspec.structs.replace(self, text=text)
