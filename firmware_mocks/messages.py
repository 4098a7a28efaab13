"""What a plan of faults does to messages that are published to a broker."""

from firmware_mocks.faults import FaultPlan
from firmware_mocks.links import MqttLink


class FaultyTopic:
    """One topic, through the message faults of a plan."""

    def __init__(self, link: MqttLink, plan: FaultPlan, name: str, *, late_seconds: float) -> None:
        """A topic that a device publishes to."""
        self.name = name
        self._link, self._plan, self._late_seconds = link, plan, late_seconds

    def publish(self, payload: bytes, now_ms: int, *, retain: bool = False) -> tuple[str, ...]:
        """Publish one message, and name the faults that struck it."""
        if self._plan.strikes("silence", now_ms):
            return ("silence",)
        struck = [name for name in ("retained", "late", "duplicate") if self._plan.strikes(name, now_ms)]
        after_seconds = self._late_seconds if "late" in struck else 0.0
        for _ in range(2 if "duplicate" in struck else 1):
            self._link.publish(self.name, payload, retain=retain or "retained" in struck, after_seconds=after_seconds)
        return tuple(struck)
