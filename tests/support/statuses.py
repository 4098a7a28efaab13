"""One second of a gateway whose centre is away and whose fridge is warm."""

from gateway.device import DeviceStatus
from gateway.lag import Lag
from gateway.outbox import StreamState
from gateway.status import Room, Status

FRIDGE = "place:centre/fridge-1"
READER = DeviceStatus(
    name="fridge-1",
    device="device:gw-centre/fridge-1",
    state="fault",
    reason="device:gw-centre/fridge-1: unplugged <b>now</b>",
    last_heard="2026-03-02T11:40:00.000Z",
    counts={"tagread": 3, "present": 2},
    place=FRIDGE,
)
PROBE = DeviceStatus(
    name="fridge-1-air",
    device="device:gw-centre/fridge-1-air",
    state="ok",
    reason="",
    last_heard="2026-03-02T11:59:30.000Z",
    counts={"readings": 40, "kept": 39, "faults": 1, "repeats": 0, "skew_ms": -1500},
    place=FRIDGE,
    reading=820,
    low=200,
    high=600,
)
TROUBLED = Status(
    gateway="gw-centre",
    site_name="示范血液中心",
    time="2026-03-02T12:00:00.000Z",
    clock="synchronised",
    process=4,
    devices=[READER, PROBE],
    streams={"gw-centre/1/c": StreamState(9, 0, 2, 6, 14, None)},
    lags={"gw-centre/1/c": Lag("2026-03-02T09:59:00.000Z", "2026-03-02T10:00:00.000Z", 7200)},
    ledger="unreachable",
    alarms=["uplink: no answer"],
    checkpoint_size=512,
    room=Room(outbox_bytes=1_500_000, free_bytes=2_000_000_000),
)
