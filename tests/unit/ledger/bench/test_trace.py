"""Several clients share the questions: each asks its own one after the other, all of them at once."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from ledger.bench import trace


def test_clients_ask_at_once_each_its_share() -> None:
    both, asked = threading.Barrier(2), defaultdict(list)

    class Patient(BaseHTTPRequestHandler):
        """Answers two at a time, never one alone."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked[self.client_address].append(self.path)
            both.wait(10)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Patient) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()
        clients = [trace._Client(server.server_port, "token") for _ in range(2)]
        waits = trace._ask(clients, ["/0", "/1", "/2", "/3"])
        for client in clients:
            client._connection.close()
        server.shutdown()
    assert len(waits) == 4
    assert sorted(asked.values()) == [["/0", "/2"], ["/1", "/3"]]
