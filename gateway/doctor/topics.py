"""What the messages of a broker say of the devices that are configured there, and of those that are not. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from paho.mqtt.client import topic_matches_sub

from gateway.config import Config, ProbeSettings, ReaderSettings
from gateway.doctor.broker import EVERYTHING, Message, Visit
from gateway.doctor.finding import Finding
from gateway.lines import message_decoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Item, Noise, Reading, TagRead

MOST_TOPICS = 50
"""So many unknown topics are looked at; a broker may carry a whole house."""
_SHOWN_BYTES = 60
Spoken: TypeAlias = ReaderSettings | ProbeSettings
_LAST = "mqtt_temperature"
"""The least particular family is asked last."""


@dataclass(frozen=True, slots=True)
class MetTopic:
    """A topic that no table names, the family that understands it, and what it said."""

    topic: str
    family: str
    items: tuple[Item, ...]


def by_topic(config: Config) -> dict[str, list[Spoken]]:
    """The devices of each topic filter that the configuration names."""
    found: dict[str, list[Spoken]] = {}
    devices: list[Spoken] = [*config.readers, *config.probes]
    for device in devices:
        if device.topic is not None:
            found.setdefault(device.topic, []).append(device)
    return found


def judged(config: Config, told: Visit, seconds: float) -> Iterator[Finding]:
    """One finding for each topic of the configuration, and one for each sensor that was not heard there."""
    for topic, sharers in by_topic(config).items():
        values = {
            "device": ", ".join(each.name for each in sharers),
            "family": sharers[0].family,
            "topic": topic,
            "seconds": f"{seconds:.0f}",
        }
        if topic in told.refused:
            yield Finding("fault", "topic-refused", values)
            continue
        messages = [each for each in told.messages if topic_matches_sub(topic, each.topic)]
        if not messages:
            yield Finding("warning", "topic-silent", values)
            continue
        items = _read(config, sharers, messages)
        yield _topic(messages, items, values)
        yield from _sensors(sharers, items, values)


def _read(config: Config, sharers: Sequence[Spoken], messages: Sequence[Message]) -> list[Item]:
    decoder = message_decoder(config, sharers[0].family, sharers)
    return [
        item for each in messages for item in decoder.feed_message(each.topic, each.payload, retained=each.retained)
    ]


def _topic(messages: Sequence[Message], items: Sequence[Item], values: Mapping[str, str]) -> Finding:
    noise = [item for item in items if isinstance(item, Noise)]
    if len(noise) == len(items):
        began = messages[0].payload[:_SHOWN_BYTES].decode(errors="backslashreplace")
        reason = noise[0].reason if noise else "nothing in it"
        return Finding("fault", "topic-strange", {**values, "reason": reason, "began": began})
    counted = {"messages": str(len(messages)), "facts": str(sum(map(_is_fact, items)))}
    if all(each.retained for each in messages):
        return Finding("warning", "topic-kept", {**values, **counted})
    return Finding("ok", "topic-heard", {**values, **counted})


def _is_fact(item: Item) -> bool:
    return isinstance(item, TagRead | Reading)


def _sensors(sharers: Sequence[Spoken], items: Sequence[Item], values: Mapping[str, str]) -> Iterator[Finding]:
    """Probes whose sensor is not among those that spoke: a misspelt name, or a sensor that is ill."""
    heard = sorted({item.sensor for item in items if isinstance(item, Reading)})
    for probe in sharers:
        if isinstance(probe, ProbeSettings) and heard and probe.sensor and probe.sensor not in heard:
            spoke = {"sensor": probe.sensor, "heard": ", ".join(heard)}
            yield Finding("fault", "sensor-other", {**values, **spoke, "device": probe.name})


def unknown(told: Visit, named: Sequence[str]) -> list[MetTopic]:
    """The topics outside the named filters whose messages some family understands."""
    spoken: dict[str, list[Message]] = {}
    for each in told.messages:
        if not any(topic_matches_sub(topic, each.topic) for topic in named if topic != EVERYTHING):
            spoken.setdefault(each.topic, []).append(each)
    found = (_understood(topic, messages) for topic, messages in list(spoken.items())[:MOST_TOPICS])
    return [each for each in found if each is not None]


def _understood(topic: str, messages: Sequence[Message]) -> MetTopic | None:
    """The first family to which they say where a tag or how warm it is."""
    for name in sorted(FAMILIES, key=lambda name: (name == _LAST, name)):
        family = FAMILIES[name]
        if isinstance(family, ByteFamily):
            continue
        decoder = family.capture()
        items = [
            # Kept messages too: a device may have said nothing else for hours, and nothing is concluded from it.
            item
            for each in messages
            for item in decoder.feed_message(topic, each.payload, retained=False)
        ]
        if facts := tuple(filter(_is_fact, items)):
            return MetTopic(topic, name, facts)
    return None
