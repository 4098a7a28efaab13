"""A short conversation with a device as the gateway itself would lead it: for drivers, and for readers on a network.

I/O only. Who speaks is a `gateway.session.Session`; here it is let speak until the device said something that it
understands, or the time is up.
"""

import socket
import time
from dataclasses import dataclass

from gateway.doctor.finding import Finding
from gateway.doctor.ports import why_closed
from gateway.ports.line import Port
from gateway.ports.tcp_port import TcpPort
from gateway.session import Moment, Session, Turn
from gateway.wire.items import Fault, Item, Noise

SECONDS = 3.0
_SHOWN_BYTES = 16
_SAID = 120


@dataclass(frozen=True, slots=True)
class Conversed:
    """What came of it.

    Attributes:
        items: what the device said, noise left out.
        began: its first bytes.
        count_bytes: all that came.
    """

    items: tuple[Item, ...]
    began: bytes
    count_bytes: int


def converse(port: Port, session: Session, seconds: float, *, asks: bool) -> Conversed:
    """Open the port, and listen for as long as nothing was understood.

    Args:
        port: where the device is.
        session: who speaks with it.
        seconds: how long, at most.
        asks: whether what the session wants to say is said.

    Raises:
        OSError: the port cannot be opened, or broke.
    """
    items, began, count_bytes = list[Item](), b"", 0
    give_up_at = time.monotonic() + seconds
    with port.open() as opened:
        turn = session.opened(_now())
        while time.monotonic() < give_up_at and not items:
            if asks and turn.send:
                opened.write(turn.send)
            content = opened.read()
            began, count_bytes = (began + content)[:_SHOWN_BYTES], count_bytes + len(content)
            turn = session.heard(content, _now()) if content else Turn()
            ticked = session.tick(_now())
            turn = Turn(turn.send + ticked.send, turn.items + ticked.items)
            items += [item for item in turn.items if not isinstance(item, Noise)] if count_bytes else []
    return Conversed(tuple(items), began, count_bytes)


def examined(port: Port, session: Session, family: str, seconds: float, *, asks: bool) -> Finding:
    """One finding about a port on which a session of that family is to understand somebody."""
    values = {"port": port.path, "family": family}
    try:
        met = converse(port, session, seconds, asks=asks)
    except OSError as error:
        return why_away(port.path, error) if isinstance(port, TcpPort) else why_closed(port.path, error)
    fault = next((item for item in met.items if isinstance(item, Fault)), None)
    if fault is not None:
        return Finding("fault", "port-ill", {**values, "reason": fault.reason})
    if met.items:
        return Finding("ok", "port-heard", {**values, "detail": str(met.items[0])[:_SAID]})
    if met.count_bytes:
        said = {"bytes": str(met.count_bytes), "hex": met.began.hex(" ")}
        return Finding("fault", "port-foreign", {**values, **said})
    return Finding("warning", "port-mute", values)


def why_away(port: str, error: OSError) -> Finding:
    """Why nobody on the network answers at that address."""
    name = "reader-silent"
    if isinstance(error, socket.gaierror):
        name = "reader-name"
    elif isinstance(error, ConnectionRefusedError):
        name = "reader-refused"
    return Finding("fault", name, {"port": port, "reason": str(error) or type(error).__name__})


def _now() -> Moment:
    seconds = time.monotonic()
    return Moment(round(seconds * 1000), seconds)
