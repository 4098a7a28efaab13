"""A site's device that signs checkpoints with ML-DSA-44: the text on stdin, the signature's bytes on stdout."""

import sys

from tests.support.mldsa import MlDsaCosigner

SEED = bytes([7] * 32)

if __name__ == "__main__":
    text = sys.stdin.buffer.read()
    origin = text.decode().partition("\n")[0]
    sys.stdout.buffer.write(MlDsaCosigner(origin, SEED).line(text + b"\n", 1_772_409_900).raw)
