"""`[alarm]` of `gateway.toml`: what is watched for how long, where it sounds, and in which steps it escalates.

    [alarm]           gateway's own patience: see `AlarmSettings`
    [[alarm.output]]  name, kind = "command" | "relay" | "sms" | "mqtt", and what the kind needs
    [[alarm.step]]    after_seconds, outputs = [names], causes = [those of which alarms; empty: all]

Without `[alarm]` the gateway watches nothing by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, get_args

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema
from typing_extensions import override

from gateway.words.speech import Language
from ledger.core.ids import NAME_PATTERN
from ledger.core.kinds import AlarmCause

CAUSES: tuple[AlarmCause, ...] = get_args(AlarmCause)
_CAUSE = validate.OneOf(CAUSES, error=f"expected one of {', '.join(CAUSES)}")
_SECONDS = validate.Range(min=0, max=86_400, error="expected seconds, 0 to 86400")
_NUMBER = validate.Regexp(r"\+?[0-9]{3,20}\Z", error="expected a telephone number such as +8613800000000")


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """A program that is run without a shell, with the alarm as one JSON object on stdin."""

    name: str
    command: tuple[str, ...]
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """A relay board that speaks Modbus RTU: `coil` (from 0) of `slave` is on while an alarm sounds."""

    name: str
    port: str
    baud: int
    slave: int
    coil: int


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """A modem with AT commands; `pin_file` holds the SIM's PIN, if it has one."""

    name: str
    port: str
    baud: int
    numbers: tuple[str, ...]
    pin_file: Path | None


@dataclass(frozen=True, slots=True)
class MqttOutputSettings:
    """A topic of the broker of `[mqtt]`: one retained JSON object an alarm, below it."""

    name: str
    topic: str


OutputSettings: TypeAlias = CommandSettings | RelaySettings | SmsSettings | MqttOutputSettings


@dataclass(frozen=True, slots=True)
class StepSettings:
    """So long after an alarm was raised, and still nobody took charge, these outputs; `causes` empty: of any alarm."""

    after_seconds: float
    outputs: tuple[str, ...]
    causes: tuple[AlarmCause, ...]

    def outputs_for(self, cause: AlarmCause) -> tuple[str, ...]:
        """The outputs that sound for alarms of this cause."""
        return self.outputs if not self.causes or cause in self.causes else ()


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """The whole of `[alarm]`.

    Attributes:
        language: of messages: `zh` or `en`.
        until_acknowledged: causes whose alarms go on although what they were about is over.
        repeat_seconds: after the last step it is taken again and again; 0: it is not.
        check_seconds: how often each output is asked whether it would work.
        unknown_after_seconds: how long a probe may say what cannot be believed.
        clock_after_seconds: how long the clock may be without anything that disciplines it.
        ledger_after_seconds: how long the ledger may be out of reach.
        free_mb: less room than that on the outbox's disk is nearly full.
        power_file: says `1` while there is mains power (sysfs `power_supply/…/online`); None: nobody tells.
        outputs: see `OutputSettings`.
        steps: in order of their delay.
    """

    language: Language
    until_acknowledged: tuple[AlarmCause, ...]
    repeat_seconds: float
    check_seconds: float
    unknown_after_seconds: float
    clock_after_seconds: float
    ledger_after_seconds: float
    free_mb: float
    power_file: Path | None
    outputs: tuple[OutputSettings, ...]
    steps: tuple[StepSettings, ...]

    def below(self, directory: Path) -> "AlarmSettings":
        """With relative paths made to start from `directory`."""

        def anchored(output: OutputSettings) -> OutputSettings:
            match output:
                case RelaySettings(port=port):
                    return replace(output, port=str(directory / port))
                case SmsSettings(port=port, pin_file=pin):
                    pin = None if pin is None else directory / pin
                    return replace(output, port=str(directory / port), pin_file=pin)
                case CommandSettings() | MqttOutputSettings():
                    return output

        power = None if self.power_file is None else directory / self.power_file
        return replace(self, outputs=tuple(map(anchored, self.outputs)), power_file=power)


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Output(_Strict):
    name = fields.String(required=True, validate=validate.Regexp(rf"{NAME_PATTERN}\Z", error="expected a name"))


class _Command(_Output):
    command = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(min=0.1, max=60))

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> CommandSettings:
        return CommandSettings(values["name"], tuple(values["command"]), values["timeout_seconds"])


class _Relay(_Output):
    port = fields.String(required=True)
    baud = fields.Integer(load_default=9600, strict=True, validate=validate.Range(min=1200, max=921_600))
    slave = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=247))
    coil = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=0xFFFF))

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> RelaySettings:
        return RelaySettings(**values)


class _Sms(_Output):
    port = fields.String(required=True)
    baud = fields.Integer(load_default=115_200, strict=True, validate=validate.Range(min=1200, max=921_600))
    numbers = fields.List(fields.String(validate=_NUMBER), required=True, validate=validate.Length(min=1, max=20))
    pin_file = fields.String(load_default=None)

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> SmsSettings:
        pin = values.pop("pin_file")
        numbers = tuple(values.pop("numbers"))
        return SmsSettings(**values, numbers=numbers, pin_file=None if pin is None else Path(pin))


class _MqttOutput(_Output):
    topic = fields.String(
        required=True, validate=validate.Regexp(r"[^+#\0 ]{1,200}\Z", error="expected a topic without + # or spaces")
    )

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> MqttOutputSettings:
        return MqttOutputSettings(**values)


_KINDS: dict[str, type[_Output]] = {"command": _Command, "relay": _Relay, "sms": _Sms, "mqtt": _MqttOutput}


class _AnyOutput(fields.Field[OutputSettings]):
    """One table of outputs: `kind` says which schema reads the rest."""

    @override
    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **_: object) -> Any:
        del attr, data
        table = dict(value) if isinstance(value, dict) else {}
        kind = table.pop("kind", None)
        if kind not in _KINDS:
            raise ValidationError({"kind": [f"expected one of {', '.join(_KINDS)}; got {kind!r}"]})
        return _KINDS[kind]().load(table)


class _Step(_Strict):
    after_seconds = fields.Float(load_default=0.0, validate=_SECONDS)
    outputs = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    causes = fields.List(fields.String(validate=_CAUSE), load_default=list)

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> StepSettings:
        return StepSettings(values["after_seconds"], tuple(values["outputs"]), tuple(values["causes"]))


class AlarmSchema(_Strict):
    """Reads `[alarm]` into `AlarmSettings`."""

    language = fields.String(load_default="zh", validate=validate.OneOf(["zh", "en"]))
    until_acknowledged = fields.List(fields.String(validate=_CAUSE), load_default=lambda: ["excursion"])
    repeat_seconds = fields.Float(load_default=300.0, validate=_SECONDS)
    check_seconds = fields.Float(load_default=300.0, validate=validate.Range(min=1, max=86_400))
    unknown_after_seconds = fields.Float(load_default=300.0, validate=_SECONDS)
    clock_after_seconds = fields.Float(load_default=600.0, validate=_SECONDS)
    ledger_after_seconds = fields.Float(load_default=3600.0, validate=_SECONDS)
    free_mb = fields.Float(load_default=500.0, validate=validate.Range(min=0))
    power_file = fields.String(load_default=None)
    output = fields.List(_AnyOutput(), load_default=list)
    step = fields.List(fields.Nested(_Step), load_default=list)

    @validates_schema
    def check_names(self, values: Mapping[str, Any], **_: object) -> None:
        """Every output has a name of its own, and a step names only those that there are."""
        names = [each.name for each in values["output"]]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValidationError(f"expected every output to have a name of its own; got {twice!r} twice", "output")
        for step in values["step"]:
            unknown = next((name for name in step.outputs if name not in names), None)
            if unknown is not None:
                raise ValidationError(f"expected the name of an [[alarm.output]]; got {unknown!r}", "step")

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> AlarmSettings:
        """The settings, steps in order."""
        power = values.pop("power_file")
        steps = tuple(sorted(values.pop("step"), key=lambda step: float(step.after_seconds)))
        outputs, kept = tuple(values.pop("output")), tuple(values.pop("until_acknowledged"))
        return AlarmSettings(
            **values,
            until_acknowledged=kept,
            power_file=None if power is None else Path(power),
            outputs=outputs,
            steps=steps,
        )
