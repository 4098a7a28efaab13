"""The one table from routes to permissions. Decides who may call a route; a route that it does not name, nobody may.

It knows route names and users, no web framework: the applications ask it before every request and once at start-up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.accounts.permissions import PERMISSIONS, STATEMENTS, may
from ledger.accounts.values import User
from ledger.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Policy:
    """Which permission each route needs.

    Attributes:
        routes: endpoint name → a permission, or one of the statements `public`, `signed`, `guarded`.
    """

    routes: Mapping[str, str]

    def __post_init__(self) -> None:
        wrong = {name: need for name, need in self.routes.items() if need not in PERMISSIONS and need not in STATEMENTS}
        if wrong:
            raise ConfigError(f"expected permissions of ledger.accounts.permissions; got {wrong}")

    def joined(self, other: "Policy") -> "Policy":
        """Both tables as one.

        Raises:
            ConfigError: a route stands in both.
        """
        twice = self.routes.keys() & other.routes.keys()
        if twice:
            raise ConfigError(f"expected each route in one policy table; got {sorted(twice)} in two")
        return Policy({**self.routes, **other.routes})

    def require_all(self, endpoints: Iterable[str]) -> None:
        """Stand in the way of an application that has a route without a declared permission.

        Raises:
            ConfigError: names every such route.
        """
        bare = sorted(set(endpoints) - self.routes.keys())
        if bare:
            raise ConfigError(f"expected a permission for every route; these have none: {', '.join(bare)}")

    def states(self, endpoint: str) -> str | None:
        """What the route needs: a permission, a statement, or None if it is not in the table."""
        return self.routes.get(endpoint)

    def allows(self, endpoint: str, user: User | None) -> bool:
        """Whether `user` (None: nobody signed in) may call the route at all; whose objects is decided by its view."""
        need = self.routes.get(endpoint)
        if need is None:
            return False
        if need in STATEMENTS:
            return True
        return user is not None and may(user.roles, need)
