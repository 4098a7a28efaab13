"""The captured frames of tests/vectors/devices, as the journeys replay them."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors" / "devices"


def captured(family: str) -> dict[str, dict[str, Any]]:
    """The captured frames of a family, by the end of their names: `g06` and so on."""
    lines = (VECTORS / family / "frames.jsonl").read_text("utf-8").splitlines()
    return {str(frame["id"])[-3:]: frame for frame in map(json.loads, lines)}
