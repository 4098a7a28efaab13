"""One hash at a time, a short queue, and the rest turned away at once."""

import threading
from typing import Any

import pytest
from argon2 import PasswordHasher
from typing_extensions import override

from ledger.accounts.passwords import WAITING, BusyError, Passwords, normal


class SlowHasher(PasswordHasher):
    """argon2 that stops in the middle until it is told to go on, and counts how many run at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go_on = threading.Event()
        self.running = 0
        self.most = 0

    @override
    def verify(self, *args: Any, **kwargs: Any) -> Any:
        self.running += 1
        self.most = max(self.most, self.running)
        self.go_on.wait(20)
        self.running -= 1
        return super().verify(*args, **kwargs)


def test_a_flood_runs_one_hash_at_a_time_and_turns_the_rest_away() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    stored = passwords.hash("correct horse battery")
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(passwords.matches(stored, "correct horse battery")))
        for _ in range(1 + WAITING)
    ]
    for thread in threads:
        thread.start()
    admitted = passwords._admitted
    while admitted._value:  # type: ignore[attr-defined]  # waiting until every thread is in the queue
        threading.Event().wait(0.005)
    with pytest.raises(BusyError):
        passwords.matches(stored, "one too many")
    hasher.go_on.set()
    for thread in threads:
        thread.join()
    assert answers == [True] * (1 + WAITING)
    assert hasher.most == 1


def test_nobody_matches_the_dummy_hash() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    assert not passwords.matches(None, "")
    assert not passwords.matches("not a hash", "x")
    vars(passwords)["_dummy"] = passwords.hash("guessed")
    assert not passwords.matches(None, "guessed")


def test_full_width_letters_of_an_input_method_are_the_same_password() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "correct-horse-battery")
    assert passwords.matches(passwords.hash("correct-horse-battery"), wide)
    assert normal("x" * 257) == ""
