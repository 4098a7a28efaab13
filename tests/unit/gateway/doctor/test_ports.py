"""The doctor at real pseudo-terminals: who answers, who is mute, who babbles, who echoes, who holds the port."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.doctor import ports
from gateway.doctor.handshakes import Handshake, handshakes
from tests.support.gateway_site import Mock
from tests.support.processes import pty_link
from tests.support.pty_device import device


def named(examined: ports.Examined) -> list[str]:
    return [each.name for each in examined.findings]


@pytest.mark.parametrize(
    ("program", "options", "family"),
    [
        ("m100_uhf", [], "m100_uhf"),
        ("m100_uhf", ["--framing", "aa"], "m100_uhf"),
        ("modbus_sht20", ["--zone", "2=fridge"], "modbus_rtu_temp"),
        ("modbus_relay", ["--slave", "2"], "relay"),
        ("sms_modem", [], "sms"),
        ("r2000_a0", [], "r2000_a0_uhf"),
        ("thingmagic", [], "thingmagic_m6e"),
        ("chafon", [], "chafon_crc_uhf"),
        ("hf_reader", ["--dialect", "feig"], "hf_iso15693"),
        ("hf_reader", ["--dialect", "ti"], "hf_iso15693"),
    ],
)
def test_a_device_is_met_by_its_own_answer(tmp_path: Path, program: str, options: list[str], family: str) -> None:
    mock = Mock(program, "--link", str(tmp_path / "port"), *options)
    asked = handshakes([1, 2])
    # What is asked at another speed reaches a real device as garbage; a pty would hand it over as it is.
    speeds = {(each.baud, each.parity) for each in asked if each.family == family}
    groups = [[each for each in asked if (each.baud, each.parity) == speed] for speed in sorted(speeds)]
    try:
        tried = [ports.examine(str(tmp_path / "port"), group) for group in groups]
    finally:
        mock.end()
    examined = next((each for each in tried if each.met is not None), tried[0])
    assert examined.met is not None
    assert (examined.met.handshake.family, named(examined)) == (family, [])


def test_a_mute_port_and_one_that_babbles(tmp_path: Path) -> None:
    asked = handshakes([1])[-3:]
    with device(tmp_path / "port", lambda _: b""):
        assert named(ports.examine(str(tmp_path / "port"), asked)) == ["port-mute"]
    with device(tmp_path / "babble", lambda _: b"\x80\xf0\x18\xe6"):
        babbling = ports.examine(str(tmp_path / "babble"), asked)
    assert named(babbling) == ["port-garbled"]
    assert babbling.findings[0].values["hex"].startswith("80 f0 18 e6")


def test_an_adapter_that_echoes_is_named_and_its_device_met_all_the_same(tmp_path: Path) -> None:
    relay = next(each for each in handshakes([1]) if each.family == "relay")
    with device(tmp_path / "port", lambda asked: asked):
        alone = ports.examine(str(tmp_path / "port"), [relay])
    assert (named(alone), alone.met) == (["port-echo"], None)
    with device(tmp_path / "with", lambda asked: asked + bytes.fromhex("010101005188")):
        both = ports.examine(str(tmp_path / "with"), [relay])
    assert named(both) == ["port-echo"]
    assert both.met is not None


def test_a_port_that_another_process_has_open_is_named_with_it(tmp_path: Path) -> None:
    code = "import sys; f = open(sys.argv[1], 'rb+', buffering=0); print('open', flush=True); sys.stdin.read()"
    with pty_link(tmp_path / "port"):
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "port")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        held = ports.holders(str(tmp_path / "port"))
        holder.communicate()
        assert [number for number, _ in held] == [holder.pid]
        assert ports.holders(str(tmp_path / "port")) == []


def test_why_a_port_cannot_be_opened(tmp_path: Path) -> None:
    asked: list[Handshake] = handshakes([1])[:2]
    assert named(ports.examine(str(tmp_path / "gone"), asked)) == ["port-gone"]
    there = tmp_path / "there"
    there.touch()
    there.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(there, -1, 20)
    forbidden = ports.why_closed(str(there), OSError(errno.EACCES, "Permission denied"))
    assert forbidden.name == "port-forbidden"
    assert "usermod -aG" in forbidden.said("en")
    assert forbidden.values["group"] in forbidden.said("zh")
    there.chmod(0o620)  # as a login on a serial line leaves it: no group helps
    for_root = ports.why_closed(str(there), OSError(errno.EACCES, "Permission denied"))
    assert for_root.name == "port-for-root"
    assert "serial-getty@there" in for_root.said("en")
    assert "serial-getty@there" in for_root.said("zh")
    assert "usermod" not in for_root.said("en")
    assert named(ports.examine(str(there), asked)) == ["port-broken"], "a file is no serial line"


def test_a_port_that_somebody_unseen_has_locked(tmp_path: Path) -> None:
    with pty_link(tmp_path / "port"), (tmp_path / "port").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert named(ports.examine(str(tmp_path / "port"), handshakes([1])[:2])) == ["port-locked"]


def at_even_parity(baud: int) -> Handshake:
    return Handshake("hf_iso15693", baud, "E", b"?", lambda _: None, seconds=0.1)


def test_a_port_that_takes_no_parity_is_asked_without_it(tmp_path: Path) -> None:
    plain = next(each for each in handshakes([1]) if each.family == "relay")
    # A pseudo-terminal has no parity, and says so where it is asked for it once more.
    asked = [at_even_parity(9600), at_even_parity(38400), at_even_parity(9600), plain]
    with device(tmp_path / "port", lambda _asked: b"=A99992612345600\r"):
        examined = ports.examine(str(tmp_path / "port"), asked)
    assert named(examined) == ["port-garbled"]
    with device(tmp_path / "other", lambda _asked: b""):
        ports.examine(str(tmp_path / "other"), asked[:1])
        (finding,) = ports.examine(str(tmp_path / "other"), asked[:1]).findings
        with pytest.raises(ports.SettingRefusedError):
            ports.answers(str(tmp_path / "other"), asked[:1])
    assert (finding.name, finding.values["reason"]) == ("port-broken", "[Errno 22] Invalid argument")


def test_what_comes_after_each_question_is_told_in_order(tmp_path: Path) -> None:
    one, two = (each for each in handshakes([1, 2]) if each.family == "modbus_rtu_temp")
    with device(tmp_path / "port", lambda asked: b"first" if asked == one.ask else b""):
        assert ports.answers(str(tmp_path / "port"), [one, two]) == [b"first", b""]


def test_who_speaks_by_itself_is_known_at_whatever_speed_and_after_whatever_question(tmp_path: Path) -> None:
    asked = [each for each in handshakes([1]) if each.family in {"barcode_isbt128", "relay"}]
    assert [each.family for each in asked] == ["relay", "barcode_isbt128"]
    with device(tmp_path / "port", lambda _asked: b"=A99992612345600\r"):
        met = ports.examine(str(tmp_path / "port"), asked).met
    assert met is not None
    assert (met.handshake.family, met.detail) == ("barcode_isbt128", "a label was scanned")


def test_ports_are_named_by_id_once(tmp_path: Path) -> None:
    (tmp_path / "usb-A").symlink_to("/dev/null")
    assert ports.present(tmp_path)[0] == str(tmp_path / "usb-A")
