"""What a check of the demo found: its last line."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """What was checked and found, and the figures of the last line."""

    checks: dict[str, dict[str, object]] = field(default_factory=dict)
    figures: dict[str, object] = field(default_factory=dict)

    def add(self, name: str, holds: bool, detail: str) -> bool:  # noqa: FBT001  a finding, not a mode
        """Note one check."""
        self.checks[name] = {"ok": holds, "detail": detail}
        return holds

    def as_json(self) -> dict[str, object]:
        """The last line's object."""
        return (
            {"ok": bool(self.checks) and all(each["ok"] for each in self.checks.values())}
            | self.figures
            | {"checks": self.checks}
        )
