"""Feed every decoder what its device might send on its worst day; stop a family at what no decoder may do.

    python -m benchmarks.fuzz [--inputs 200000] [--family NAME]... [--seed N] [--keep FOLDER]

Captured frames and messages, changed, with their lengths and checks made right again, cut anywhere. One decoder of each
family reads all of it, so that what piles up would show; two in sixteen inputs are read once more by new decoders,
whole and in pieces. What must hold: no exception, no byte uncounted, the same items however the bytes are cut, at most
0.1 s of CPU time an input, and no growth of the process beyond 64 MB. The same seed makes the same inputs. What breaks
a decoder is written into FOLDER (tests/vectors/fuzz), where `tests/property/test_fuzz.py` reads it ever after.
Exit code 0: all held; 1: something did not.
"""

import argparse
import json
import resource
import secrets
import sys
import time
from pathlib import Path

from benchmarks.fuzz.search import search
from gateway.wire.families import FAMILIES

KEPT = Path(__file__).parents[2] / "tests" / "vectors" / "fuzz"
MOST_GROWTH_MB = 64
_WARM_UP_INPUTS = 2000


def peak_mb() -> float:
    """The most memory that the process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> int:
    """Search; print one JSON object a family as it is done."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--inputs", type=int, default=200_000, help="how many for each family (default 200000)")
    asked.add_argument("--family", action="append", choices=sorted(FAMILIES), help="only this one; more than once")
    asked.add_argument("--seed", type=int, default=secrets.randbits(32), help="as an earlier run printed it")
    asked.add_argument("--keep", type=Path, default=KEPT, help="where to write what breaks a decoder")
    options = asked.parse_args(arguments)
    broken = 0
    for name in options.family or sorted(FAMILIES):
        search(name, FAMILIES[name], inputs=min(options.inputs, _WARM_UP_INPUTS), seed=options.seed + 1)
        before, began = peak_mb(), time.process_time()
        found = search(name, FAMILIES[name], inputs=options.inputs, seed=options.seed)
        growth = round(peak_mb() - before, 1)
        told = {
            "family": name,
            "inputs": options.inputs if found is None else found.number + 1,
            "seed": options.seed,
            "cpu_seconds": round(time.process_time() - began, 1),
            "growth_mb": growth,
            "found": found and found.what,
        }
        print(json.dumps(told), flush=True)
        broken += found is not None or growth > MOST_GROWTH_MB
        if found is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            with (options.keep / f"{name}.jsonl").open("a", encoding="utf-8") as kept:
                kept.write(found.line() + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
