"""ESPHome nodes with one probe each: `<zone>/sensor/probe_temperature/state`, and `<zone>/status`, retained.

    python -m firmware_mocks.esphome --port 1883 --zone fridge-1=fridge [--every 60]

A payload is a plain number, or `nan` where the probe does not answer. See mqtt_probes for faults.
"""

from firmware_mocks.mqtt_probes import Message, parser_of, serve


class EspHome:
    """See `Speech`."""

    def births(self, names: list[str]) -> list[Message]:
        """Every node is online."""
        return [Message(f"{name}/status", b"online", retain=True) for name in names]

    def goodbye(self, name: str) -> Message:
        """The node's will."""
        return Message(f"{name}/status", b"offline", retain=True)

    def reading(self, name: str, celsius: float | None, *, now_ms: int, count: int) -> Message:
        """A state."""
        del now_ms, count
        return Message(f"{name}/sensor/probe_temperature/state", b"nan" if celsius is None else b"%.1f" % celsius)


def main() -> None:
    """Run the nodes until stdin ends."""
    serve(parser_of(__doc__ or "").parse_args(), EspHome(), client_id="esphome_1")


if __name__ == "__main__":
    main()
