"""What a broker might bring: captured messages with members changed, left out, swapped, or their bytes spoilt."""

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "devices"
_SPECIAL: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        255,
        2**31,
        2**63 - 1,
        -(2**63),
        1e308,
        5e-324,
        msgspec.Raw(b"1e9999999"),
        msgspec.Raw(b"-1e-9999999"),
        -0.0,
        "",
        "nan",
        "online",
        "85.0",
        "F",
        [],
        {},
    ),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "ikUCJA==", "8A450224", "é\u2028"),
)
Message = tuple[str, bytes, bool]


def captured(family: str) -> list[tuple[str, bytes]]:
    """Topic and payload of every captured message of a family."""
    found = []
    for line in (VECTORS / family / "frames.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        if "payload_hex" in told:
            found.append((told.get("topic", ""), bytes.fromhex(told["payload_hex"])))
        else:
            payload = told["payload"]
            found.append(
                (told.get("topic", ""), payload.encode() if isinstance(payload, str) else json.dumps(payload).encode())
            )
    return found


class Post:
    """An endless post of one family; the same for the same seed."""

    def __init__(self, family: str, seed: int) -> None:
        self.family = family
        self._random = Random(f"{family} {seed}")  # noqa: S311 - the same inputs again are what it is for
        self._messages = captured(family)
        self._topics = [topic for topic, _ in self._messages]
        self._values = [*_SPECIAL, *(_read(payload) for _, payload in self._messages)]

    def __next__(self) -> Message:
        """The next topic and payload, and whether it was retained."""
        chance = self._random.getrandbits
        topic, payload = self._messages[chance(16) % len(self._messages)]
        kind = chance(4)
        if kind >= 6 and (told := _read(payload)) is not None:
            payload = msgspec.json.encode(self._changed(told))
        elif kind >= 2 and payload:
            payload = self._spoilt(payload)
        if not chance(4):
            topic = self._random.choice(self._topics)
        elif not chance(4):
            place = chance(16) % (len(topic) + 1)
            topic = topic[:place] + self._random.choice(("/", "+", "#", " ", "\0", "é", "")) + topic[place + 1 :]
        return topic, payload, not chance(4)

    def _changed(self, told: Any) -> Any:
        """The value with one or two of its members changed, at any depth."""
        chance = self._random.getrandbits
        if isinstance(told, dict) and told:
            return self._with_another_member(told)
        if isinstance(told, list) and told and chance(1):
            place = chance(8) % len(told)
            return [*told[:place], self._changed(told[place]), *told[place:]]
        if isinstance(told, str) and told and chance(1):
            place = chance(8) % len(told)
            return told[:place] + chr(32 + chance(7)) + told[place + chance(1) :]
        if isinstance(told, int | float) and chance(1):
            return told + self._random.choice((1, -1, 0.5, 1000, -1000, 65536))
        return self._random.choice(self._values)

    def _with_another_member(self, told: dict[str, Any]) -> dict[str, Any]:
        name, other = self._random.choice(list(told)), self._random.choice(list(told))
        match self._random.getrandbits(3):
            case 0:
                return {each: value for each, value in told.items() if each != name}
            case 1:
                return {**told, other: told[name]}
            case _:
                return {**told, name: self._changed(told[name])}

    def _spoilt(self, payload: bytes) -> bytes:
        chance = self._random.getrandbits
        place, kind = chance(16) % len(payload), chance(2)
        if kind == 0:
            return payload[:place]
        if kind == 1:
            return payload[:place] + payload[chance(16) % len(payload) :]
        return payload[:place] + bytes((chance(8),)) + payload[place + 1 :]


def _read(payload: bytes) -> Any:
    """The payload's JSON; None where it is none."""
    try:
        return msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return None
