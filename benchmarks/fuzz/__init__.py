"""A fuzzer of the gateway's decoders that knows what their devices send; `python -m benchmarks.fuzz`."""
