"""How an outbox grows old: what it forgets after 45 days or because it was erased, and the room that it gives back.

What is waiting for the ledger is never touched here.
"""

from collections.abc import Sequence

from gateway.claim import Claim
from gateway.outbox import Outbox
from gateway.spool import forgetting, pins
from gateway.spool import state as states
from gateway.spool.forgetting import KEEP_MS
from ledger.core import kinds
from ledger.core.erasurelist import ToErase
from ledger.core.ids import format_instant

_ANY_SEQ = 2**53


def prune(box: Outbox) -> int:
    """Forget some of the batches that were acknowledged more than 45 days ago; how many. 0: there are no more.

    These are days in which the outbox was open: `gateway.spool.age` says why no other clock is asked.

    Raises:
        OutboxError: nothing was forgotten.
    """
    box.age.write_if_due()
    with box.file.transaction() as db:
        return forgetting.prune(db, box.age.now_ms() - KEEP_MS)


def look_after_room(box: Outbox) -> None:
    """Give the disk back what is free for long, and lay by again what the reserve was spent on.

    Raises:
        OutboxError: it could not be written.
    """
    box.file.give_back()
    box.file.room.lay_ballast()


def erase(box: Outbox, erased: Sequence[ToErase]) -> int:
    """Forget what the log says was erased, and say so in the custody stream; how many events.

    An event's bytes go only once they are acknowledged: until then the ledger cannot have erased them. What is not
    here any more is confirmed all the same. Then the file is written anew, so that no page keeps a copy.

    Raises:
        OutboxError: nothing was erased, or not every copy; it has to be tried again.
    """
    confirmed: list[ToErase] = []
    with box.file.transaction() as db:
        for each in erased:
            acknowledged = pins.acknowledged_seq(db, each.stream)
            # A stream of an earlier outbox is not here: nothing of it is left to wait for.
            if each.seq <= (_ANY_SEQ if acknowledged is None else acknowledged):
                forgetting.erase(db, each)
                confirmed.append(each)
        if confirmed:
            states.keep(db, {forgetting.UNFINISHED: b""})
    forgetting.finish(box.file)
    time = format_instant(box.clock.now_ms())
    box.append(
        [
            Claim(
                kinds.ErasureApplied,
                {"time": time, "of_stream": each.stream, "of_seq": each.seq, "what": each.what},
            )
            for each in confirmed
        ]
    )
    return len(confirmed)
