"""What to do next about a refusal whose rule only says what is the case: one sentence, in the reader's language.

`web.words.rules` says the rule; what already says what to do (`web.words.refusals`, and `_SAYS_ITSELF` here) gets no
second sentence. A rule that this module does not know sends the reader to a person.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.core.errors import Refused
from web.speech import Speech
from web.speech import marked as N_  # noqa: N812  the name that message extraction knows
from web.words.refusals import REFUSALS

_LOOK = N_("Look at the unit's page to see what happened last.")
_APART = N_("Set the bag aside; the quality officer decides about it.")
_LABORATORY = N_("The laboratory enters what is missing first.")
_SIGN = N_("Ask a colleague to sign with their own password.")
_COLLEAGUE = N_("Let a colleague sign in and do this step.")
_LABEL = N_("Compare the number with the label, and scan it again.")
_COUNT = N_("Compare the list with the bags in front of you.")
_ALLOWED = N_("The page of policy packs lists what is allowed.")
_OTHER_BAG = N_("Choose another bag, or another line of the order.")
_ALLOCATE = N_("Allocate bags to the order first.")
_NOTE = N_("The page of the dispatch note says who has the units.")
_ORDERS = N_("Open the order from the list of orders.")
_FILE = N_("Call the administrator, who corrects the file.")
_THEIRS = N_("Ask the organisation that it concerns to do this.")
_PERSON = N_("Nothing was recorded. Ask the quality officer what to do.")

_SAYS_ITSELF: Final = frozenset(
    {"batch.changed", "not-at-station", "bedside.patient", "bank.overridden", "bank.return-rule", "bank.two-persons",
     "checklist.version", "receipt.not-on-note", "check.not-on-list", "supply.file", "discard.reason-told"}
)  # fmt: skip

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("state", "lifecycle.step"), _LOOK),
        **dict.fromkeys(("not-withheld", "not-recalled", "never-unfit", "not-quarantined"), _APART),
        **dict.fromkeys(("tests-final", "panel-complete", "group-confirmed", "batch.unaccounted"), _LABORATORY),
        **dict.fromkeys(
            (
                "two-persons",
                "batch.two-persons",
                "issue.two-persons",
                "issue.override-signed",
                "bedside.two-persons",
                "pass.two-persons",
                "pass.courier",
            ),
            _SIGN,
        ),
        **dict.fromkeys(("discard.two-persons", "check.two-persons", "send.two-persons", "send.unchecked"), _COLLEAGUE),
        **dict.fromkeys(
            (
                "sample.exists",
                "sample.foreign",
                "transformation.child-is-parent",
                "transformation.child-twice",
                "transformation.child-exists",
                "transformation.donation",
                "container.same",
                "container.in-use",
            ),
            _LABEL,
        ),
        **dict.fromkeys(("transformation.parents", "transformation.children", "discard.counted"), _COUNT),
        **dict.fromkeys(("transformation.relabelling", "dating.too-late"), _ALLOWED),
        **dict.fromkeys(
            (
                "allocation.line",
                "allocation.holder",
                "allocation.component",
                "allocation.group",
                "allocation.measure",
                "allocation.enough",
            ),
            _OTHER_BAG,
        ),
        **dict.fromkeys(("check.nothing", "send.nothing"), _ALLOCATE),
        **dict.fromkeys(("pass.not-sent", "pass.over", "pass.hands", "pass.side"), _NOTE),
        **dict.fromkeys(("order.unknown", "order.own-page", "order.live", "allocation.order-live"), _ORDERS),
        **dict.fromkeys(("order.hospital", "order.parties", "order.station"), _THEIRS),
        **dict.fromkeys(("discard.reasons", "receipt.boxes"), _FILE),
        "exposure-ok": N_("Set the bag aside; two quality officers assess its deviation."),
        "not-expired": N_("Set the bag aside, and request its discard."),
        "labelled": N_("Put the label on and record it, then do this step."),
        "labelling.before-release": N_("Put the label on and record it, then do this step."),
        "labelling.after-release": N_("Release it first, then put the label on."),
        "donor-eligible": _APART,
        "collection.donor-eligible": N_("Do not collect; the quality officer decides about the deferral."),
        "sample.unknown": N_("Record first that the sample was taken."),
        "transformation.parent-unknown": N_("Record its collection first, or enter it as opening stock."),
        "batch.empty": N_("Fill in all that are pending."),
        "batch.unfit-isolated": N_("Bring it to the isolation area, and have it read there."),
        "issue.override-named": N_("Name the reason and the rule, or leave both empty."),
        "issue.override-idle": N_("Name the rule that stands against it, or leave the override empty."),
        "checklist.unanswered": N_("Answer every question of the list."),
        "checklist.reason": N_("Choose the reason beside each item that is not met."),
        "checklist.not-met": N_("Hold it, or refuse it."),
        "discard.reason": N_("Choose a reason from the list."),
        "discard.not-requested": N_("Request its discard first."),
        "discard.not-approved": N_("Ask the quality officer to approve it first."),
        "receipt.consignment-held": N_("Record it as held; two quality officers assess it."),
        "order.component": N_("Choose component and measure from the list."),
        "order.fields": N_("Fill in what is missing."),
        "check.scans": N_("Scan the bag again: donation number, then product code."),
        "check.missing": N_("Find the bag and scan it."),
        "pass.units": N_("Record one hand-over of everything."),
        "dispatch.numbered": N_("Dispatch on the page of the order, or take a number of another series."),
        "dispatch.note-used": N_("Take another number."),
    }
)
"""Rule, by its full name or by what follows its first dot, to what to do next."""


def advice(refused: Refused, speech: Speech) -> str:
    """What to do next; empty where the refusal's own words say it."""
    names = (refused.step, refused.step.partition(".")[2])
    if refused.step in REFUSALS or any(name in _SAYS_ITSELF for name in names):
        return ""
    return speech.say(next((ADVICE[name] for name in names if name in ADVICE), _PERSON))
