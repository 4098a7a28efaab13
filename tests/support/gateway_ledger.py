"""A ledger as far as a gateway can see it: takes batches over HTTP, checks each chain strictly, gives receipts.

Built on `ledger.core` alone; keeps everything in memory. Tests set `fault` to let it fail on purpose.
"""

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from gateway.clock import SystemClock
from gateway.uplink import Answer
from ledger.core import batch, checkpoint, events, note, signing, succession, tiles
from ledger.core.errors import FormatError, Refused
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.signing import NoteSigner, SigningKey

ORIGIN = "demo.a9999.example/ledger/1"
RECEIPT = NoteSigner("demo.a9999.example/receipt", SigningKey(bytes([7]) * 32))
RECEIPT_VKEY = note.format_vkey(RECEIPT.verifier)
LOG = NoteSigner(ORIGIN, SigningKey(bytes([9]) * 32))
GATEWAY = NoteSigner("demo.a9999.example/gw-centre", SigningKey(bytes([8]) * 32))


@dataclass
class StrictLedger:
    """Accepts what the contract accepts, once; everything else is an `AssertionError` in `complaints`.

    Attributes:
        producer: the key that signs batches.
        log: the batches' wires, in order.
        log_signers: who sign checkpoints.
        receipt_signers: who sign receipts.
        handovers: what it tells of keys that follow each other.
        fault: asked before each batch; an Answer is sent instead, `lose` appends but loses the receipt.
    """

    producer: note.VerifierKey = GATEWAY.verifier
    log: list[bytes] = field(default_factory=list)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    receipts: dict[bytes, bytes] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    log_signers: list[NoteSigner] = field(default_factory=lambda: [LOG])
    receipt_signers: list[NoteSigner] = field(default_factory=lambda: [RECEIPT])
    handovers: list[bytes] = field(default_factory=list)
    fault: Callable[[bytes], Answer | str | None] = lambda _wire: None

    def post(self, wire: bytes) -> Answer:
        struck = self.fault(wire)
        if isinstance(struck, Answer):
            return struck
        answer = self._append(wire)
        return Answer(502, b"gone") if struck == "lose" else answer

    def get(self, path: str) -> Answer:
        """What the log publishes: its checkpoint, signed now, and its tiles."""
        if path == "/checkpoint":
            return Answer(200, self.checkpoint())
        if path == succession.PATH:
            return Answer(200, json.dumps({"handovers": [raw.decode() for raw in self.handovers]}).encode())
        try:
            address = tiles.parse_path(path.removeprefix("/"))
        except FormatError:
            return Answer(404, b"")
        leaves, nodes = self.leaves(), dict[tuple[int, int], bytes]()
        if isinstance(address, tiles.EntryBundle):
            return Answer(200, tiles.encode_entry_bundle([leaves[index] for index in address.leaf_indices]))
        frontier = Frontier()
        for leaf in leaves:
            nodes |= {(level, index): each for level, index, each in frontier.append(leaf_hash(leaf))}
        return Answer(200, tiles.encode_tile([nodes[address.node_level, index] for index in address.node_indices]))

    def leaves(self) -> list[bytes]:
        """The log's leaves: the batch notes."""
        return [batch.parse_wire(wire).note for wire in self.log]

    def checkpoint(self) -> bytes:
        """The log as it is, signed."""
        frontier = Frontier()
        for leaf in self.leaves():
            frontier.append(leaf_hash(leaf))
        head = checkpoint.Checkpoint(ORIGIN, frontier.size, frontier.root())
        return signing.sign_note(checkpoint.format(head), self.log_signers)

    def older_copy(self, keep: int) -> "StrictLedger":
        """What a backup holds: the first `keep` batches and the heads that they left."""
        copy = StrictLedger(self.producer)
        for wire in self.log[:keep]:
            copy.post(wire)
        return copy

    def events(self, stream: str) -> list[events.AnyEvent]:
        """All events of a stream, decoded; each must be one that the ledger understands."""
        found = []
        for wire in self.log:
            sent = batch.parse_wire(wire)
            _, text = batch.read_note(sent.note)
            if text.stream == stream:
                found += [events.decode(body) for body in sent.bodies]
        return found

    def _append(self, wire: bytes) -> Answer:
        sent = batch.parse_wire(wire)
        if sent.note in self.receipts:
            return Answer(200, self.receipts[sent.note])
        signed, text = batch.read_note(sent.note)
        verified = signing.verify_note(signed, [self.producer])
        judged = batch.judge_bodies(text, sent.bodies)
        last, previous = self.heads.get(text.stream, (0, batch.NO_PREVIOUS))
        if isinstance(verified, Refused) or isinstance(judged, Refused) or text.origin != ORIGIN:
            return self._complain(422, "signature", f"{verified} {judged} {text.origin}")
        defects = [each.defect for each in judged.events if each.defect]
        if defects:
            self.complaints.append(f"defect: {defects}")
        if text.first != last + 1 or text.previous != previous:
            head = {"stream": text.stream, "last_seq": last, "previous": base64.b64encode(previous).decode()}
            return self._complain(409, "chain", f"{text.stream} {text.first} after {last}", head=head)
        self.heads[text.stream] = (text.last, batch.text_hash(signed.text))
        self.log.append(wire)
        lines = ("xuemai/receipt/v1", ORIGIN, text.stream, str(text.last), str(len(self.log) - 1))
        hashed = base64.b64encode(batch.text_hash(signed.text)).decode()
        receipt = signing.sign_note("\n".join((*lines, hashed)) + "\n", self.receipt_signers)
        self.receipts[sent.note] = receipt
        return Answer(200, receipt)

    def _complain(self, status: int, step: str, reason: str, **more: object) -> Answer:
        self.complaints.append(f"{step}: {reason}")
        problem = {"step": step, "retry": "stop", "detail": reason, **more}
        return Answer(status, json.dumps(problem).encode())


class LedgerServer:
    """A `StrictLedger` behind HTTP on a free port of 127.0.0.1; a context manager. Its clock may be ahead."""

    def __init__(self, ledger: StrictLedger, port: int = 0, *, ahead_seconds: float = 0) -> None:
        turn = threading.Lock()

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire = self.rfile.read(int(self.headers["Content-Length"]))
                with turn:
                    answer = ledger.post(wire)
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or SystemClock().now_ms() / 1000) + ahead_seconds)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Door)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
