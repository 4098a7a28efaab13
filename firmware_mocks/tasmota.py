"""Tasmota devices with a DS18B20 each: `tele/<zone>/SENSOR`, and `tele/<zone>/LWT`, retained.

    python -m firmware_mocks.tasmota --port 1883 --zone fridge-1=fridge [--every 60] [--fahrenheit]

`Time` is local time without a zone, as the firmware sends it unless it is told otherwise. See mqtt_probes for faults.
"""

import json

from firmware_mocks.clock import rfc3339
from firmware_mocks.mqtt_probes import Message, parser_of, serve


def rom_of(name: str) -> str:
    """The twelve digits that this firmware shows of a probe's code."""
    return f"{sum(name.encode()) * 2654435761 % (1 << 48):012X}"


class Tasmota:
    """See `Speech`."""

    def __init__(self, *, fahrenheit: bool) -> None:
        """Devices that show Celsius, or Fahrenheit (SetOption8)."""
        self._fahrenheit = fahrenheit

    def births(self, names: list[str]) -> list[Message]:
        """Every device is back."""
        return [Message(f"tele/{name}/LWT", b"Online", retain=True) for name in names]

    def goodbye(self, name: str) -> Message:
        """The last will, as the broker would publish it."""
        return Message(f"tele/{name}/LWT", b"Offline", retain=True)

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """A SENSOR message."""
        del count
        shown = celsius
        if celsius is not None and self._fahrenheit:
            shown = round(celsius * 9 / 5 + 32, 2)
        content = {
            "Time": rfc3339(now_ms)[:19],
            "DS18B20": {"Id": rom_of(name), "Temperature": shown},
            "TempUnit": "F" if self._fahrenheit else "C",
        }
        return Message(f"tele/{name}/SENSOR", json.dumps(content).encode())


def main() -> None:
    """Run the devices until stdin ends."""
    parser = parser_of(__doc__ or "")
    parser.add_argument("--fahrenheit", action="store_true", help="the devices are set to Fahrenheit")
    options = parser.parse_args()
    serve(options, Tasmota(fahrenheit=options.fahrenheit), client_id="tasmota_1")


if __name__ == "__main__":
    main()
