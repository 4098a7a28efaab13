"""Noise: when so much of what a device says is spoilt that somebody has to look at its cable. Pure.

A spoilt frame is dropped, counted and never repaired. A few belong to every line; where they are a good part of what
was said within a minute, something may have been missed, and that is said as a gap, at most every ten minutes.
"""

from dataclasses import dataclass, field

WITHIN_MS = 60_000
LEAST_SPOILT = 10
"""Fewer may be a plug that was put in."""
SPOILT_OF = 5
"""One in so many is more than a line should have."""
AGAIN_MS = 600_000


@dataclass(slots=True)
class NoiseRate:
    """What one device said within the present minute."""

    _began_ms: int = field(default=0, init=False)
    _spoilt: int = field(default=0, init=False)
    _said: int = field(default=0, init=False)
    _told_ms: int | None = field(default=None, init=False)

    def heard(self, spoilt: int, whole: int, now_ms: int) -> tuple[int, str] | None:
        """So many spoilt and whole frames came.

        Returns:
            Since when, and what to say of it; None while the line is as a line is.
        """
        if not 0 <= now_ms - self._began_ms < WITHIN_MS:
            self._began_ms, self._spoilt, self._said = now_ms, 0, 0
        self._spoilt += spoilt
        self._said += spoilt + whole
        if self._spoilt < LEAST_SPOILT or self._spoilt * SPOILT_OF < self._said:
            return None
        if self._told_ms is not None and 0 <= now_ms - self._told_ms < AGAIN_MS:
            return None
        self._told_ms = now_ms
        return self._began_ms, f"{self._spoilt} of {self._said} frames within a minute were spoilt: look at the cable"
