"""Which of the pack's allowances covers an excursion. Only people accept one: nothing here changes a verdict."""

from collections.abc import Sequence

from ledger.rules.pack import Allowance, Phase
from ledger.rules.returning import MINUTE_MS


def allowance_for(
    allowances: Sequence[Allowance], *, phase: Phase, out_ms: int, lowest: int, highest: int, before: int
) -> Allowance | None:
    """The first allowance that covers an excursion; None: none does.

    Args:
        allowances: the component's.
        phase: where the unit was.
        out_ms: how long it was out of its limits.
        lowest: the lowest reading, centi-degrees.
        highest: the highest.
        before: how many excursions of that unit were accepted before.
    """
    return next(
        (
            each
            for each in allowances
            if each.phase == phase
            and out_ms <= each.minutes * MINUTE_MS
            and (each.low is None or lowest >= each.low)
            and highest <= each.high
            and (each.times is None or before < each.times)
        ),
        None,
    )
