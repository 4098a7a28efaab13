"""Ports as a host sees them: raw, slow, and pulled out without warning."""

import os
import select
import time
from pathlib import Path

import pytest

from firmware_mocks.links import MOST_WAITING_OCTETS, PtyLink

EVERY_OCTET = bytes(range(256))


def drain(link: PtyLink, descriptor: int, count: int) -> list[bytes]:
    """What a host reads, piece by piece, while the device sends."""
    pieces: list[bytes] = []
    give_up_at = time.monotonic() + 5
    while sum(map(len, pieces)) < count and time.monotonic() < give_up_at:
        wait = min(link.pump(), 0.005)
        if select.select([descriptor], [], [], wait)[0]:
            pieces.append(os.read(descriptor, 4096))
    return pieces


def test_every_octet_passes_unchanged_both_ways(link: Path) -> None:
    wire = PtyLink(link, baud=0)
    descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
    wire.send(EVERY_OCTET)
    assert b"".join(drain(wire, descriptor, 256)) == EVERY_OCTET
    os.write(descriptor, EVERY_OCTET)
    assert wire.receive() == EVERY_OCTET
    assert wire.receive() == b""
    os.close(descriptor)
    wire.close()
    assert not link.is_symlink()


def test_octets_take_their_time_and_come_in_pieces(link: Path) -> None:
    wire = PtyLink(link, baud=9600)
    descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
    began = time.monotonic()
    wire.send(bytes(48))
    pieces = drain(wire, descriptor, 48)
    assert time.monotonic() - began >= 0.049
    assert len(pieces) > 5
    os.close(descriptor)
    wire.close()


def test_what_is_sent_later_does_not_hold_up_what_is_sent_now(link: Path) -> None:
    wire = PtyLink(link, baud=0)
    descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
    wire.send(b"late", after_seconds=0.05)
    wire.send(b"now")
    assert b"".join(drain(wire, descriptor, 7)) == b"nowlate"
    os.close(descriptor)
    wire.close()


def test_a_replug_breaks_the_old_port_and_gives_a_new_one_behind_the_same_name(link: Path) -> None:
    wire = PtyLink(link, baud=0)
    before = link.readlink()
    old = os.open(link, os.O_RDWR | os.O_NOCTTY)
    wire.replug()
    with pytest.raises(OSError, match="Input/output error"):
        os.write(old, b"x")
    assert os.read(old, 1) == b""
    assert link.readlink() != before
    new = os.open(link, os.O_RDWR | os.O_NOCTTY)
    os.write(new, b"\r")
    assert wire.receive() == b"\r"
    assert wire.counters()["plugged"] == 2
    os.close(old)
    os.close(new)
    wire.close()


def test_an_unplugged_port_is_gone_and_loses_what_is_sent(link: Path) -> None:
    wire = PtyLink(link, baud=0)
    wire.unplug()
    assert not link.is_symlink()
    assert wire.descriptor() is None
    assert not wire.send(b"lost")
    assert wire.receive() == b""
    wire.plug()
    assert link.is_symlink()
    assert wire.counters()["octets_lost"] == 4
    wire.close()


def test_a_wire_that_is_asked_for_too_much_drops_and_counts(link: Path) -> None:
    wire = PtyLink(link, baud=9600)
    assert wire.send(bytes(MOST_WAITING_OCTETS))
    assert not wire.send(b"x")
    assert not wire.idle()
    assert wire.counters()["octets_lost"] == 1
    wire.close()


def test_what_nobody_reads_is_lost_in_the_end(link: Path) -> None:
    wire = PtyLink(link, baud=0)
    for _ in range(20):
        wire.send(bytes(8192))
        wire.pump()
    counters = wire.counters()
    assert counters["octets_lost"] > 0
    assert counters["octets_out"] + counters["octets_lost"] == 20 * 8192
    assert wire.idle()
    wire.close()


def test_a_stale_link_is_replaced(link: Path) -> None:
    link.symlink_to("/nowhere")
    wire = PtyLink(link, baud=0)
    assert link.exists()
    wire.close()
