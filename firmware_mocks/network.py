"""The network between a gateway and its centre: a TCP relay with a weather of its own, repeatable by its seed.

    perfect   every byte at once
    bytes     every byte alone, so that nothing arrives in one piece
    lossy     a fifth of the connections break: before the request has arrived, in its middle, or after the other side
              has answered and before the answer is back, which is the case that makes a sender repeat itself
    delayed   every piece half a second late

The first line on stdout says where it listens: `{"ready": true, "port": …}`. It ends with its stdin.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Weather: TypeAlias = Literal["perfect", "bytes", "lossy", "delayed"]
WEATHERS: tuple[Weather, ...] = ("perfect", "bytes", "lossy", "delayed")
LOSS = 0.2
DELAY_SECONDS = 0.5
_PIECE_OCTETS = 64 * 1024
# A byte alone costs a turn of the loop; what is longer goes on in pieces of this many after its first bytes.
_BYTES_ALONE = 512
_PIECES_AFTER = 97
Pass: TypeAlias = Callable[[bytes], Awaitable[None]]


class _BrokenLinkError(Exception):
    """The weather broke this connection."""


@dataclass
class Relay:
    """Passes connections on to a host and a port.

    Attributes:
        weather: see the module.
        seed: repeats a run.
        injected: how often which fault struck.
    """

    host: str
    port: int
    weather: Weather
    seed: int
    injected: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._generator = random.Random(self.seed)

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side closes it or the weather does."""
        self.injected["connections"] += 1
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection(self.host, self.port)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(reader, far, "request"))
                ways.create_task(self._carry(far_reader, writer, "answer"))
        except* (OSError, _BrokenLinkError):
            pass  # a connection that cannot be made, or breaks, is what this program is for
        finally:
            for each in (writer, far):
                if each is not None:
                    each.close()
                    with contextlib.suppress(OSError):
                        await each.wait_closed()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str) -> None:
        while piece := await source.read(_PIECE_OCTETS):
            if self.weather == "lossy" and self._generator.random() < LOSS:
                await self._break(piece, target, way)
            if self.weather == "delayed":
                await asyncio.sleep(DELAY_SECONDS)
            for part in self._parts(piece):
                target.write(part)
                await target.drain()
                if self.weather == "bytes":
                    await asyncio.sleep(0)
        raise _BrokenLinkError

    async def _break(self, piece: bytes, target: asyncio.StreamWriter, way: str) -> None:
        """Pass on a part of it, or nothing, and no more."""
        arrives = self._generator.randrange(len(piece))
        target.write(piece[:arrives])
        await target.drain()
        self.injected[f"broken {way}"] += 1
        raise _BrokenLinkError

    def _parts(self, piece: bytes) -> list[bytes]:
        if self.weather != "bytes":
            return [piece]
        alone = [piece[at : at + 1] for at in range(min(len(piece), _BYTES_ALONE))]
        return alone + [piece[at : at + _PIECES_AFTER] for at in range(_BYTES_ALONE, len(piece), _PIECES_AFTER)]


async def _serve(relay: Relay) -> None:
    server = await asyncio.start_server(relay.connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"ready": True, "port": port}), flush=True)
    async with server:
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps({"ok": True, "injected": dict(relay.injected)}), flush=True)


def main() -> None:
    """Relay until stdin ends; each line on stdin is answered with what was injected so far."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="where connections go")
    parser.add_argument("--weather", choices=WEATHERS, default="perfect")
    parser.add_argument("--seed", type=int, default=0, help="repeats a run (default 0)")
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Relay(host, int(port), options.weather, options.seed)))


if __name__ == "__main__":
    main()
