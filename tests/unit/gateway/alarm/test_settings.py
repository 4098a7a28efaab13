"""What `[alarm]` may say, and how a mistake is told."""

from pathlib import Path

import pytest

from gateway import config
from gateway.alarm.settings import CommandSettings, RelaySettings, SmsSettings
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY

ALARM = f"""
[gateway]
name = "gw-centre"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "https://ledger.a9999.example/"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
[alarm]
power_file = "power"
[[alarm.output]]
name = "horn"
kind = "relay"
port = "relay"
coil = 2
[[alarm.output]]
name = "duty"
kind = "sms"
port = "/dev/serial/by-id/usb-modem"
numbers = ["+8613800000000", "10086"]
pin_file = "pin"
[[alarm.output]]
name = "ring"
kind = "command"
command = ["/usr/bin/gpioset", "0", "17=1"]
[[alarm.output]]
name = "wall"
kind = "mqtt"
topic = "xuemai/alarm"
[[alarm.step]]
after_seconds = 600
outputs = ["duty"]
causes = ["excursion"]
[[alarm.step]]
outputs = ["wall", "horn"]
"""


def parse(text: str) -> config.Config:
    return config.parse(text.encode(), Path("/site"))


def test_outputs_and_steps_are_read_and_steps_put_in_order() -> None:
    alarm = parse(ALARM).alarm
    assert alarm is not None
    assert [step.outputs for step in alarm.steps] == [("wall", "horn"), ("duty",)]
    assert alarm.steps[1].outputs_for("excursion") == ("duty",)
    assert alarm.steps[1].outputs_for("reader_lost") == ()
    assert alarm.outputs[0] == RelaySettings("horn", "/site/relay", 9600, 1, 2)
    assert alarm.outputs[1] == SmsSettings(
        "duty", "/dev/serial/by-id/usb-modem", 115200, ("+8613800000000", "10086"), Path("/site/pin")
    )
    assert alarm.outputs[2] == CommandSettings("ring", ("/usr/bin/gpioset", "0", "17=1"), 10.0)
    assert (alarm.power_file, alarm.until_acknowledged) == (Path("/site/power"), ("excursion",))


def test_without_the_table_nothing_is_watched() -> None:
    assert parse(ALARM.partition("[alarm]")[0]).alarm is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "relay"', 'kind = "bell"', r"alarm\.output\[0\]\.kind: expected one of command, relay, sms, mqtt"),
        ("coil = 2", "coil = -2", r"alarm\.output\[0\]\.coil"),
        ("coil = 2", "channel = 2", r"alarm\.output\[0\]\.channel: Unknown field"),
        ('"+8613800000000"', '"call me"', r"alarm\.output\[1\]\.numbers\[0\]: expected a telephone number"),
        ('topic = "xuemai/alarm"', 'topic = "xuemai/#"', r"alarm\.output\[3\]\.topic: expected a topic without"),
        ('outputs = ["duty"]', 'outputs = ["bell"]', r"alarm\.step: expected the name of an .*'bell'"),
        ('name = "duty"', 'name = "horn"', r"alarm\.output: expected every output to have a name of its own"),
        ('causes = ["excursion"]', 'causes = ["warm"]', r"alarm\.step\[0\]\.causes\[0\]: expected one of excursion"),
        ('power_file = "power"', "repeat_seconds = -1", r"alarm\.repeat_seconds: expected seconds"),
        ("[alarm]", '[[scanner]]\nname = "horn"\nport = "x"\nplace = "place:a"\n[alarm]', "got 'horn' twice"),
    ],
)
def test_a_mistake_is_told_by_its_key(old: str, new: str, told: str) -> None:
    assert old in ALARM
    with pytest.raises(ConfigError, match=told):
        parse(ALARM.replace(old, new, 1))
