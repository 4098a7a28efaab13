"""What a busy line costs: a gateway's process beside a reader that fills 115200 baud, and what it makes of it.

    python -m benchmarks.serial [--seconds 10] [--tags 100]

A program writes M100 tag notices into a pseudo-terminal as fast as 115200 baud carries them (11,520 bytes, 480 notices
of 24 bytes a second), `--tags` tags over and over, in pieces as a UART driver hands them on. `xuemai gateway run` reads
them through port, decoder, presence and outbox. Its CPU time is taken from the kernel, without start-up: the share of
one core, what it read, and what of the bytes it threw away.
"""

import argparse
import binascii
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import tty
from pathlib import Path
from typing import Any

BAUD = 115200
BYTES_A_SECOND = BAUD // 10
PIECE_SECONDS = 0.016
"""How long a USB adapter gathers bytes before it hands them on (the latency timer of FTDI chips)."""
SETTLE_SECONDS = 2.0
RECEIPT_KEY = "bench.a9999.example/receipt+30c69104+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
TOML = """
[gateway]
name = "gw-bench"
origin = "bench.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{receipt_key}"
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{{antenna = 1, place = "place:centre/shelf"}}]
rounds = "reads"
"""


def notice(number: int) -> bytes:
    """One tag notice of an M100: RSSI, PC, EPC and the tag's own CRC, as in `firmware_mocks.m100_uhf`."""
    tag = b"\x30\x00\xe2\x80\xa9\x99" + number.to_bytes(8, "big")
    crc = binascii.crc_hqx(tag, 0xFFFF) ^ 0xFFFF
    summed = b"\x02\x22\x00\x11\xc4" + tag + crc.to_bytes(2, "big")
    return b"\xbb" + summed + bytes([sum(summed) & 0xFF]) + b"\x7e"


class FullLine:
    """A line whose other end never pauses."""

    def __init__(self, link: Path, tags: int) -> None:
        self.master, self.slave = os.openpty()
        for end in (self.master, self.slave):
            tty.setraw(end)
        os.set_blocking(self.master, False)
        link.symlink_to(os.ttyname(self.slave))
        self._content = b"".join(map(notice, range(tags))) * 200
        self.sent_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def end(self) -> None:
        """Fall silent."""
        self._ended.set()
        self._thread.join()
        for end in (self.master, self.slave):
            os.close(end)

    def _run(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(PIECE_SECONDS):
            due = int((time.monotonic() - began) * BYTES_A_SECOND) - self.sent_bytes
            start = self.sent_bytes % (len(self._content) // 2)
            try:
                self.sent_bytes += os.write(self.master, self._content[start : start + due])
                os.read(self.master, 65536)
            except BlockingIOError:
                continue


def cpu_seconds(process: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, seconds: float, tags: int) -> dict[str, Any]:
    """Run one gateway on one full line."""
    (folder / "gateway.toml").write_text(TOML.format(receipt_key=RECEIPT_KEY), "utf-8")
    line = FullLine(folder / "m100", tags)
    command = [sys.executable, "-c", "from gateway.cli import gateway; gateway()"]
    subprocess.run([*command, "enroll", "--site", str(folder)], check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "run", "--site", str(folder), "--drain-seconds", "0"], stderr=log)
    try:
        while not (folder / "status.json").exists():
            time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)
        idle = cpu_seconds(process.pid)
        time.sleep(seconds / 2)
        idle = (cpu_seconds(process.pid) - idle) / (seconds / 2)
        line.start()
        time.sleep(SETTLE_SECONDS)
        sent, spent, began = line.sent_bytes, cpu_seconds(process.pid), time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        share, bytes_a_second = (cpu_seconds(process.pid) - spent) / took, (line.sent_bytes - sent) / took
        counts = json.loads((folder / "status.json").read_text("utf-8"))["devices"][0]["counts"]
    finally:
        process.terminate()
        process.wait(timeout=30)
        line.end()
    return {
        "percent_of_a_core": round(share * 100, 2),
        "percent_of_a_core_idle": round(idle * 100, 2),
        "bytes_a_second": round(bytes_a_second),
        "reads_a_second": round(bytes_a_second / len(notice(0))),
        "counts": counts,
    }


def main(arguments: list[str]) -> int:
    """Measure; print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=10.0, help="how long it is watched")
    asked.add_argument("--tags", type=int, default=100, help="how many tags are in the field")
    options = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.seconds, options.tags)
    print(json.dumps({"seconds": options.seconds, "tags": options.tags, **found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
