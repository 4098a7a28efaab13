"""A Ruuvi Gateway that relays its tags' advertisements, data format 5: `ruuvi/<gateway>/<tag>`.

    python -m firmware_mocks.ruuvi_gateway --port 1883 --zone fridge-1=fridge [--every 60]

A zone's tag has the address CB:B8:33:4C: and two bytes of the zone's name. A tag that did not measure sends 8000. See
mqtt_probes for faults.
"""

import json
import struct

from firmware_mocks.mqtt_probes import Message, parser_of, serve

GATEWAY = "C8:25:2D:8E:9C:2C"
_NOT_MEASURED = 0x8000


def address_of(name: str) -> bytes:
    """The Bluetooth address of a zone's tag."""
    return bytes.fromhex("CBB8334C") + (sum(name.encode()) * 40503 & 0xFFFF).to_bytes(2, "big")


class RuuviGateway:
    """See `Speech`."""

    def births(self, names: list[str]) -> list[Message]:
        """The gateway itself is online; it knows no tags by name."""
        del names
        return [Message(f"ruuvi/{GATEWAY}/gw_status", b'{"state": "online"}', retain=True)]

    def goodbye(self, name: str) -> None:
        """A tag says no goodbye."""
        del name

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """A relayed advertisement."""
        raw = _NOT_MEASURED if celsius is None else round(celsius * 200) & 0xFFFF
        tag = address_of(name)
        measured = struct.pack(">BHHH", 5, raw, 20000, 50000) + bytes.fromhex("0004FFFC040CAC3642")
        maker = b"\xff\x99\x04" + measured + struct.pack(">H", count % 65535) + tag
        content = {
            "gw_mac": GATEWAY,
            "rssi": -60,
            "aoa": [],
            "gwts": str(now_ms // 1000),
            "ts": str(now_ms // 1000),
            "data": (b"\x02\x01\x06" + bytes([len(maker)]) + maker).hex().upper(),
            "coords": "",
        }
        return Message(f"ruuvi/{GATEWAY}/{tag.hex(':').upper()}", json.dumps(content).encode())


def main() -> None:
    """Run the gateway until stdin ends."""
    serve(parser_of(__doc__ or "").parse_args(), RuuviGateway(), client_id="ruuvi_1")


if __name__ == "__main__":
    main()
