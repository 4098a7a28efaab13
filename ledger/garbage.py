"""Python's garbage collector, told to look seldom: among events that come in it finds hardly anything.

It looks for cycles, and an event on its way is part of none: by its own settings it would look at every batch.
"""

import gc

OBJECTS_UNTIL_A_LOOK = 50_000
"""So many new objects until it looks for cycles (usually 700)."""


def look_seldom() -> None:
    """Let it pass over what is there now, which stays as long as the process, and look at the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_A_LOOK, *gc.get_threshold()[1:])


def look_as_usual() -> None:
    """As it was."""
    gc.unfreeze()
    gc.set_threshold(*_USUAL)


_USUAL = gc.get_threshold()
