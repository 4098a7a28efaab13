"""What a rule answers when it says no."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule said no.

    Attributes:
        rule: the rule's stable id, e.g. `release.tests-final`; part of the interface, shown and tested.
        reason: what the rule asks and what is the case, in English, for a person; never names a donor or patient.
    """

    rule: str
    reason: str
