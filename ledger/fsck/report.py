"""What an examination found, and how it is told in lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.store.bad import BadPlace


@dataclass(slots=True)
class Report:
    """What an examination found.

    Attributes:
        first_bad: the first bad place; None if there is none.
        events: how many events were recomputed.
        batches: how many batches.
        log_size: the size of the tree that was recomputed.
        verdicts: how many units' verdicts were judged again.
        checks: the checks that passed, in order, each with what it covered.
        left_out: what was not looked at, where only the log was.
    """

    first_bad: BadPlace | None = None
    events: int = 0
    batches: int = 0
    log_size: int = 0
    verdicts: int = 0
    checks: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing bad was found."""
        return self.first_bad is None


def describe(report: Report) -> Iterator[str]:
    """The report in lines for a person."""
    for check in report.checks:
        yield f"ok   {check}"
    for each in report.left_out:
        yield f"--   not examined: {each}"
    if report.first_bad is not None:
        yield f"BAD  {report.first_bad}"
    yield f"{report.events} events in {report.batches} batches: {'nothing bad found' if report.ok else 'STOPPED HERE'}"
