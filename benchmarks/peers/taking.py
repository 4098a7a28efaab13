"""One peer takes the bodies of a file, batch after batch; what it cost is printed as one JSON object.

    PYTHON taking.py PEER BODIES DATABASE BATCH

PYTHON is the interpreter of the peers' environment, PEER a module beside this one, BODIES a file of one event a line,
DATABASE a file that is not there yet. Imports and tables come before the measurement. Ends with status 3 where the
peer's package is not installed.
"""

import importlib
import json
import sys
import time
from itertools import islice
from pathlib import Path

MISSING = 3


def main(arguments: list[str]) -> int:
    """Measure one peer."""
    name, bodies, database, batch = arguments
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return MISSING
    peer = module.Peer(Path(database))
    lines = iter(Path(bodies).read_bytes().splitlines())
    batches = list(iter(lambda: list(islice(lines, int(batch))), []))
    cpu, wall = time.process_time(), time.perf_counter()
    for each in batches:
        peer.take(each)
    cost = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    journal, synchronous = peer.answer("PRAGMA journal_mode"), peer.answer("PRAGMA synchronous")
    print(json.dumps({**cost, "stored": peer.answer(peer.stored), "journal": journal, "synchronous": synchronous}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
