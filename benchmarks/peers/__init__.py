"""What other packages take for the same events, as processes of their own; `python -m benchmarks.peers` runs them all.

`__main__` is the project's side. `taking` and the three peers beside it run with the interpreter of another virtual
environment, import nothing of the project, and are never imported by it: the peers are no dependencies.
"""
