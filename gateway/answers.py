"""What a barcode scanner is told after each scan, so that the person who holds it hears whether it is safe.

A scanner's own beep says that it read a label, not that anybody has it. Two ways to say that are common; both have to
be switched on in the scanner with the bar codes of its manual:

* `ack_nak`: after each scan it waits for ACK (06) or NAK (15). At NAK it sends the scan again, and after three (Zebra)
  or five attempts gives its error tone; so it does if no answer comes within its time-out, which is what a gateway that
  is dead sounds like. Zebra/Symbol product reference guides, "RS-232: software handshaking"; Honeywell "Enable
  ACK/NAK"; Datalogic "ACK/NACK protocol".
* `bel`: it beeps when it receives BEL (07). Zebra "Beep on <BEL>". It hears of a refusal, three times, and of half a
  bag that came to nothing, twice: the other half was not scanned next, or not in time. Nothing otherwise.
* `none`: it is told nothing; the gateway's status and alarms tell people.
"""

from dataclasses import dataclass

ACK, NAK, BEL = b"\x06", b"\x15", b"\x07"


@dataclass(frozen=True, slots=True)
class Answers:
    """What is written to the device; empty: nothing.

    Attributes:
        stored: what it said is durable.
        refused: what it said is not.
        unpaired: the half of a bag that it scanned came to nothing.
    """

    stored: bytes = b""
    refused: bytes = b""
    unpaired: bytes = b""


ANSWERS = {"none": Answers(), "ack_nak": Answers(ACK, NAK), "bel": Answers(refused=BEL * 3, unpaired=BEL * 2)}
"""By their names in `gateway.toml`."""
