"""The doctor and the centre: a ledger, the keys that it hands over, and what may stand in its place."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from gateway import config
from gateway.config import UplinkSettings
from gateway.doctor import machine
from gateway.doctor.finding import Finding
from ledger.core import checkpoint, note, signing, succession
from ledger.core.keys import fingerprint
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.signing import NoteSigner, SigningKey
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.tls_front import TlsFront, make_authority, make_server

LOG = NoteSigner(ORIGIN, SigningKey(bytes([9] * 32)))
OTHER = NoteSigner(ORIGIN, SigningKey(bytes([10] * 32)))
THIRD = NoteSigner(ORIGIN, SigningKey(bytes([11] * 32)))


@contextmanager
def serving(status: int, body: bytes, handovers: list[str] | bytes = b"") -> Iterator[str]:
    """A web server that always says the same; and, asked for it, which of its keys follow each other."""
    told = handovers if isinstance(handovers, bytes) else json.dumps({"handovers": handovers}).encode()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = told if self.path == succession.PATH else body
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def signed(signer: NoteSigner, origin: str = ORIGIN) -> bytes:
    return signing.sign_note(checkpoint.format(checkpoint.Checkpoint(origin, 0, EMPTY_ROOT)), [signer])


def uplink(url: str, *log_keys: NoteSigner) -> UplinkSettings:
    keys = tuple(note.format_vkey(each.verifier) for each in log_keys)
    return UplinkSettings(url, RECEIPT_VKEY, None, keys)


def test_a_ledger_whose_checkpoint_is_signed_by_a_pinned_key() -> None:
    with serving(200, signed(LOG)) as url:
        good = machine.ledger(uplink(url, LOG), ORIGIN)
        assert (good.name, good.values["size"]) == ("ledger-good", "0")
        assert machine.ledger(uplink(url, OTHER), ORIGIN).name == "ledger-stranger"
        assert machine.ledger(uplink(url), ORIGIN).name == "ledger-unseen"
        assert machine.ledger(uplink(url, LOG), "other.example/ledger/1").name == "ledger-other"


def test_what_may_stand_where_the_ledger_should() -> None:
    with serving(200, b"<html>please sign in</html>") as url:
        assert machine.ledger(uplink(url, LOG), ORIGIN).name == "ledger-other"
    with serving(502, b"") as url:
        assert "HTTP 502" in machine.ledger(uplink(url, LOG), ORIGIN).said("en")
    problem = json.dumps({"step": "history", "detail": "it went back"}).encode()
    with serving(503, problem) as url:
        still = machine.ledger(uplink(url, LOG), ORIGIN)
        assert (still.name, still.level) == ("ledger-standstill", "fault")
        assert "the ledger stands still: it went back" in still.said("en")
        assert "中心账本已停止签发，须由人员处理：it went back" in still.said("zh")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (301, "请求被转到别处"),
        (401, "要求登录"),
        (403, "拒绝访问"),
        (418, "请求不被接受"),
        (421, "该服务器不负责这个主机名"),
        (500, "服务器内部错误"),
        (502, "代理得不到其后服务的正确应答"),
        (504, "代理等待其后服务超时"),
    ],
)
def test_an_answer_that_is_not_the_ledgers_is_said_in_chinese_with_its_number(status: int, why: str) -> None:
    with serving(status, b"") as url:
        found = machine.ledger(uplink(url, LOG), ORIGIN)
    assert (found.name, f"{why}（HTTP {status}）" in found.said("zh")) == ("ledger-other", True)
    assert why not in found.said("en")


@contextmanager
def rude(said: bytes) -> Iterator[str]:
    """Somebody who says this to the first question, whatever it is, and hangs up; to nothing, nothing."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)
                line.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        thread.join()


def test_who_speaks_no_http_is_told_from_who_hangs_up_and_who_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with rude(b"SSH-2.0-OpenSSH\r\n") as url:
        other = machine.ledger(uplink(url, LOG), ORIGIN)
    assert (other.name, "对方应答的不是 HTTP（" in other.said("zh")) == ("ledger-other", True)
    with rude(b"") as url:
        gone = machine.ledger(uplink(url, LOG), ORIGIN)
    assert (gone.name, "连接中断（" in gone.said("zh")) == ("ledger-silent", True)
    monkeypatch.setattr(machine, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as door:
        deaf = machine.ledger(uplink(f"http://127.0.0.1:{door.getsockname()[1]}", LOG), ORIGIN)
    assert (deaf.name, "等待超时（" in deaf.said("zh")) == ("ledger-silent", True)
    away = machine.ledger(uplink(f"http://127.0.0.1:{free_port()}", LOG), ORIGIN)
    assert (away.name, "连接被拒绝（" in away.said("zh"), "Connection refused）" in away.said("zh")) == (
        "ledger-silent", True, True,
    )  # fmt: skip
    lost = machine.ledger(uplink("http://no-such-host.invalid", LOG), ORIGIN)
    assert (lost.name, "找不到该主机名" in lost.said("zh")) == ("ledger-name", True)


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_away() -> None:
    with serving(200, b"") as url:
        found = machine.ledger(uplink(url.replace("http:", "https:"), LOG), ORIGIN)
    assert found.name == "ledger-distrust"
    assert "speaks no TLS" in found.said("en")


def handed_over(old: NoteSigner, new: NoteSigner) -> str:
    vkey = note.format_vkey(new.verifier)
    return signing.sign_note(f"xuemai/key/v1\n{ORIGIN}\n{vkey}\n", [new, old]).decode()


def test_a_key_that_the_pinned_one_handed_over_to_is_no_stranger() -> None:
    handovers = [handed_over(LOG, OTHER), handed_over(OTHER, THIRD)]
    with serving(200, signed(THIRD), handovers) as url:
        followed = machine.ledger(uplink(url, LOG), ORIGIN)
        assert (followed.level, followed.name, followed.values["size"]) == ("ok", "ledger-followed", "0")
        assert fingerprint(note.format_vkey(THIRD.verifier)) in followed.said("en")
        assert machine.ledger(uplink(url, THIRD), ORIGIN).name == "ledger-good"
    with serving(200, signed(THIRD), handovers[1:]) as url:
        assert machine.ledger(uplink(url, LOG), ORIGIN).name == "ledger-stranger", "nobody leads from one to the other"


def test_a_hand_over_that_does_not_hold_is_why_a_key_is_a_stranger() -> None:
    broken = handed_over(OTHER, THIRD).replace(ORIGIN, "x" + ORIGIN, 1)
    with serving(200, signed(THIRD), [broken]) as url:
        stranger = machine.ledger(uplink(url, OTHER), ORIGIN)
    assert stranger.name == "ledger-stranger"
    assert "expected xuemai/key/v1 for" in stranger.values["reason"]


@pytest.mark.parametrize("told", [b"", b"[]", b'{"handovers":[1]}', b"\xff"])
def test_a_ledger_that_tells_nothing_of_its_keys_is_judged_by_the_pinned_ones(told: bytes) -> None:
    with serving(200, signed(LOG), told) as url:
        assert machine.ledger(uplink(url, LOG), ORIGIN).name == "ledger-good"
        assert machine.ledger(uplink(url, OTHER), ORIGIN).name == "ledger-stranger"


def test_a_machine_without_a_configuration_is_looked_at_all_the_same(tmp_path: Path) -> None:
    names = {each.name for each in machine.examine(None, tmp_path)}
    assert names & {"disk-good", "disk-short"}
    assert names & {"clock-good", "clock-alone"}


def test_a_gateway_without_a_key_or_an_alarm_is_told(tmp_path: Path) -> None:
    text = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:{free_port()}"
receipt_key = "{RECEIPT_VKEY}"
"""
    read = config.parse(text.encode(), tmp_path)
    said = {each.name: each for each in machine.examine(read, tmp_path)}
    assert "xuemai gateway enroll" in said["key-bad"].said("en")
    assert said["alarm-none"].level == "warning"
    powered = config.parse((text + '[alarm]\npower_file = "power"\n').encode(), tmp_path)
    assert "power-unreadable" in {each.name for each in machine.examine(powered, tmp_path)}


def test_an_output_that_no_step_names_is_told_to_be_mute(tmp_path: Path) -> None:
    text = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:{free_port()}"
receipt_key = "{RECEIPT_VKEY}"
[alarm]
"""
    outputs = "".join(
        f'[[alarm.output]]\nname = "{name}"\nkind = "command"\ncommand = ["true"]\n' for name in ("horn", "lamp")
    )

    def told(more: str) -> dict[str, Finding]:
        read = config.parse((text + more).encode(), tmp_path)
        return {each.name: each for each in machine.examine(read, tmp_path) if each.name.startswith("alarm")}

    assert set(told("")) == {"alarm-shown"}
    mute = told(outputs + '[[alarm.step]]\noutputs = ["lamp"]\n')["alarm-mute"]
    assert (mute.level, "names horn" in mute.said("en"), "用到 horn" in mute.said("zh")) == ("fault", True, True)
    assert set(told(outputs + '[[alarm.step]]\noutputs = ["lamp", "horn"]\n')) == {"alarm-good"}


def test_a_calibration_and_the_ledgers_certificate_that_end_soon_are_told(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    make_server(tmp_path, authority, "localhost", made_days_ago=10)
    with serving(200, signed(LOG)) as url, TlsFront(tmp_path, int(url.rpartition(":")[2])) as front:
        text = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "{front.url}"
ca_file = "ca.crt"
receipt_key = "{RECEIPT_VKEY}"
log_keys = ["{note.format_vkey(LOG.verifier)}"]
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "/dev/none"
place = "place:centre/fridge-1"
measures = "air"
calibration_until = 2020-01-01T00:00:00Z
"""
        found = list(machine.examine(config.parse(text.encode(), tmp_path), tmp_path))
    told = [(each.level, each.said("en")) for each in found if each.name == "ending"]
    assert [level for level, _ in told] == ["fault", "warning"]
    assert told[0][1].startswith("the calibration of fridge-1-air ended on 2020-01-01: ")
    assert told[1][1].startswith("the certificate of localhost ends on ")
    assert "days left: 19" in told[1][1]
    assert "localhost 的证书将于 " in next(
        each.said("zh") for each in found if each.level == "warning" and each.name == "ending"
    )
    assert "ledger-good" in {each.name for each in found}
