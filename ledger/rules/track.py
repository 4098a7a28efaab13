"""What one probe said of one place: a temperature segment, as the exposure rules take it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Quality: TypeAlias = Literal["good", "suspect", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One temperature segment of one probe in one place. Times in ms since the epoch, `end_ms` exclusive.

    Attributes:
        probe: the probe's identifier.
        start_ms: from when the segment speaks.
        end_ms: until when.
        samples: (when, centi-degrees Celsius).
        quality: of the whole segment; the samples of a segment that is not good are neither readings nor in range.
        reason: why the quality is not good.
        gaps: (start, end, reason): declared holes.
        measures: whether the probe hangs in air or in a load.
        calibration_until_ms: the last instant of the probe's calibration; None: not stated.
        removed: the probe was taken out of this place at `end_ms`, so that its silence afterwards means nothing.
        absent: stretches (start, end) from its beginning on, also such as lie behind it, in which the probe is known to
            have been elsewhere (`moved`): what it read then counts for no place.
    """

    probe: str
    start_ms: int
    end_ms: int
    samples: tuple[tuple[int, int], ...]
    quality: Quality = "good"
    reason: str | None = None
    gaps: tuple[tuple[int, int, str], ...] = ()
    measures: Literal["air", "load"] = "air"
    calibration_until_ms: int | None = None
    removed: bool = False
    absent: tuple[tuple[int, int], ...] = ()
