"""A LoRaWAN network server that passes Dragino LHT65 uplinks on: The Things Stack v3, or ChirpStack v4.

    python -m firmware_mocks.lorawan_server --port 1883 --server ttn|chirpstack --zone fridge-1=fridge [--every 60]

A zone is a device. Zeros are left out of the JSON, as protobuf's does: the first frame has no counter. The probe on the
cable is `TempC_DS`, 327.67 where it does not answer; the case is always 21 degrees. See mqtt_probes for faults.
"""

import base64
import json

from firmware_mocks.clock import rfc3339
from firmware_mocks.mqtt_probes import Message, parser_of, serve

_NOT_THERE = 327.67
_FRAME = base64.b64encode(bytes.fromhex("CC1F05B902A40105267FFF")).decode()


def decoded(celsius: float | None) -> dict[str, object]:
    """What the payload formatter makes of a frame."""
    probe = _NOT_THERE if celsius is None else celsius
    return {"BatV": 3.1, "Ext_sensor": "Temperature Sensor", "TempC_DS": probe, "TempC_SHT": 21.0, "Hum_SHT": 55.5}


class Server:
    """See `Speech`: what both servers do not say."""

    def births(self, names: list[str]) -> list[Message]:
        """A server says nothing of itself."""
        del names
        return []

    def goodbye(self, name: str) -> None:
        """A device says no goodbye."""
        del name


class TheThingsStack(Server):
    """Version 3."""

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """An uplink."""
        uplink: dict[str, object] = {"f_port": 2, "frm_payload": _FRAME, "received_at": rfc3339(now_ms)}
        uplink |= {"f_cnt": count - 1} if count > 1 else {}
        content = {
            "end_device_ids": {"device_id": name},
            "uplink_message": uplink | {"decoded_payload": decoded(celsius)},
        }
        return Message(f"v3/bank@ttn/devices/{name}/up", json.dumps(content).encode())


class ChirpStack(Server):
    """Version 4."""

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """An uplink event."""
        content: dict[str, object] = {"deduplicationId": f"{name}-{count}", "time": rfc3339(now_ms)}
        content |= {"deviceInfo": {"deviceName": name, "devEui": name}, "fPort": 2, "data": _FRAME}
        content |= {"fCnt": count - 1} if count > 1 else {}
        return Message(
            f"application/1/device/{name}/event/up", json.dumps(content | {"object": decoded(celsius)}).encode()
        )


def main() -> None:
    """Run the server until stdin ends."""
    parser = parser_of(__doc__ or "")
    parser.add_argument("--server", choices=("ttn", "chirpstack"), default="ttn", help="which server it is")
    options = parser.parse_args()
    speech = TheThingsStack() if options.server == "ttn" else ChirpStack()
    serve(options, speech, client_id=f"{options.server}_1")


if __name__ == "__main__":
    main()
