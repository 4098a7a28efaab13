"""What counts of a history, once what was wrong is struck out and what is right stands in its place."""

from ledger.core import kinds
from ledger.core.correcting import in_force, read
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant

UNIT = "unit:A999926123456.E0382V00"
TAG = "tag:E280A99900000001"


class Log:
    """What people said, one event a batch; the minute is when it happened."""

    def __init__(self) -> None:
        self.history: list[Recorded] = []

    def tell(self, minute: int, kind: type[kinds.Event], *, stream: str = "web", **fields: object) -> int:
        seq = sum(each.event.stream == stream for each in self.history) + 1
        event = kind(
            v=1, stream=stream, seq=seq, nonce="0" * 32, time=format_instant(minute * 60_000), clock="synchronised",
            **fields,
        )  # type: ignore[arg-type]  # fmt: skip
        self.history.append(Recorded(event, len(self.history), 0))  # type: ignore[arg-type]
        return seq

    def store(self, minute: int, place: str) -> int:
        return self.tell(minute, kinds.Stored, unit=UNIT, place=place)

    def correct(self, seq: int, *, stream: str = "web", to: str | None = None, minute: int = 0) -> int:
        """Correct an event; answer the number of what stands in its place, else of the correction."""
        own = sum(each.event.stream == "web" for each in self.history) + 1
        instead = None if to is None else own + 1
        said = {"of_stream": stream, "of_seq": seq, "reason": "a slip", "about": [UNIT], "instead": instead}
        self.tell(100, kinds.Corrected, **said)
        return own if to is None else self.store(minute, to)

    def counting(self) -> list[tuple[int, str | None]]:
        """Number and place of everything that was stored and counts, in its order."""
        counting = in_force(self.history)
        return [(each.event.seq, each.event.place) for each in counting if isinstance(each.event, kinds.Stored)]


def test_a_history_without_corrections_is_as_it_was_said() -> None:
    log = Log()
    log.store(1, "place:a")
    assert in_force(log.history) is log.history


def test_what_is_right_counts_at_the_place_of_what_was_wrong() -> None:
    log = Log()
    wrong = log.store(1, "place:a")
    log.store(2, "place:b")
    right = log.correct(wrong, to="place:c", minute=1)
    assert log.counting() == [(right, "place:c"), (2, "place:b")]
    first = in_force(log.history)[0]
    assert first.log_place == (0, 0), "its place in the log"


def test_what_was_struck_out_alone_is_gone_and_the_correction_stays() -> None:
    log = Log()
    log.correct(log.store(1, "place:a"))
    assert [type(each.event) for each in in_force(log.history)] == [kinds.Corrected]


def test_a_correction_of_a_correction_has_the_place_of_the_first() -> None:
    log = Log()
    wrong = log.store(1, "place:a")
    log.store(2, "place:z")
    second = log.correct(wrong, to="place:b", minute=1)
    third = log.correct(second, to="place:c", minute=1)
    assert log.counting() == [(third, "place:c"), (2, "place:z")]
    assert in_force(log.history)[0].log_place == (0, 0)


def test_a_withdrawn_correction_says_nothing_and_nor_does_what_stood_in_by_it() -> None:
    log = Log()
    wrong = log.store(1, "place:a")
    log.correct(wrong, to="place:b", minute=1)
    withdrawal = log.correct(2)
    assert log.counting() == [(wrong, "place:a")]
    log.correct(withdrawal)
    assert log.counting() == [(3, "place:b")], "the withdrawal was withdrawn"


def test_what_a_device_saw_is_never_struck_out() -> None:
    log = Log()
    seen = log.tell(1, kinds.TagArrived, stream="gw/1/c", tag=TAG, device="device:r", antenna=1, reads=1)
    log.store(1, "place:a")
    log.correct(seen, stream="gw/1/c")
    assert len(in_force(log.history)) == 3
    assert read(log.history).struck == {}


def test_nothing_is_struck_out_before_it_was_said() -> None:
    log = Log()
    log.correct(2)
    log.store(1, "place:a")
    assert log.counting() == [(2, "place:a")]


def test_where_another_unit_was_meant_it_is_there_what_it_is_a_late_event() -> None:
    log = Log()
    wrong = log.store(1, "place:a")
    right = log.correct(wrong, to="place:b", minute=1)
    of_the_other = log.history[1:]
    assert [each.event.seq for each in in_force(of_the_other)] == [2, right]
    assert in_force(of_the_other)[1].log_place == (2, 0)
