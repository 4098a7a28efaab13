"""Accounts as the pages, the API and the commands use them: each method is one act, one transaction, one audit entry.

Decides who someone is and keeps the record of it. It knows no event and no unit: what a user may do is
`ledger.accounts.permissions`, whether a unit is theirs to see is asked of `ledger.read`.
"""

from collections.abc import Collection
from pathlib import Path

from ledger.accounts import audit, cases, codes, sessions, throttle, tokens, users
from ledger.accounts.cases import CaseNote
from ledger.accounts.database import Database, create_file
from ledger.accounts.passwords import BusyError, Passwords, weakness
from ledger.accounts.permissions import ADMINISTRATOR
from ledger.accounts.users import AccountError
from ledger.accounts.values import LOCAL, Actor, AuditEntry, Session, SignedIn, Token, TurnedAway, User

FIRST_ADMINISTRATOR = "admin"
FIRST_CODE_FILE = "first-admin-code"
"""Beside accounts.db; written by `xuemai init`, deleted here when its code is used."""

_BUSY = TurnedAway("busy", "too many sign-ins at this moment; try again in a few seconds", retry_after_seconds=2)
_WRONG = TurnedAway("credentials", "the login or the password is wrong, or the account is disabled")
_LOCKED = TurnedAway("throttled", "too many failures in a row; ask an administrator for a new one-time code")
_NO_CODE = TurnedAway("code", "this code is not valid; codes work once and for seven days")


class Accounts:
    """An open accounts database.

    Args:
        path: of accounts.db.
        passwords: how passwords are hashed.

    Raises:
        ConfigError: there is no usable database at `path`.
    """

    def __init__(self, path: Path, *, passwords: Passwords | None = None) -> None:
        self._database = Database(path)
        self._code_file = path.with_name(FIRST_CODE_FILE)
        self._passwords = passwords or Passwords()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # ── signing in ────────────────────────────────────────────────────────────────────────────────────────────────

    def sign_in(
        self, login: str, password: str, *, address: str, now_ms: int, previous: str | None = None
    ) -> SignedIn | TurnedAway:
        """Open a session under a new id; `previous`, the id that the browser came with, is closed."""
        checked = self._check(login, password, address=address, action="sign_in", now_ms=now_ms)
        if isinstance(checked, TurnedAway):
            return checked
        with self._database.transaction() as connection:
            if previous is not None:
                sessions.close(connection, previous)
            session_id = sessions.open_session(connection, checked.person, address=address, now_ms=now_ms)
            actor = Actor(checked.person, address)
            audit.record(connection, actor, "sign_in", now_ms=now_ms, subject=checked.person)
        return SignedIn(session_id, checked)

    def confirm(self, person: str, password: str, *, address: str, now_ms: int) -> User | TurnedAway:
        """Ask someone who is signed in for their password again: what a signature on a page needs."""
        with self._database.transaction() as connection:
            login = users.require(connection, person).login
        return self._check(login, password, address=address, action="confirm", now_ms=now_ms)

    def session(self, session_id: str, *, now_ms: int) -> tuple[Session, User] | None:
        """The open session with this id and its user as they are now; None if there is none."""
        with self._database.transaction() as connection:
            found = sessions.use(connection, session_id, now_ms=now_ms)
            user = users.by_person(connection, found.person) if found else None
            return (found, user) if found and user and not user.disabled else None

    def sign_out(self, session_id: str, actor: Actor, *, now_ms: int) -> None:
        """Close the session."""
        with self._database.transaction() as connection:
            sessions.close(connection, session_id)
            audit.record(connection, actor, "sign_out", now_ms=now_ms, subject=actor.person)

    def sessions_of(self, person: str, *, now_ms: int) -> tuple[Session, ...]:
        """Someone's open sessions, newest first."""
        with self._database.transaction() as connection:
            return sessions.of_person(connection, person, now_ms=now_ms)

    def revoke_session(self, person: str, handle: str, actor: Actor, *, now_ms: int) -> bool:
        """Close one of someone's sessions by its handle; False if there is none."""
        with self._database.transaction() as connection:
            found = sessions.close_by_handle(connection, person, handle)
            if found:
                audit.record(connection, actor, "session_revoke", now_ms=now_ms, subject=person, detail=handle)
            return found

    # ── codes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def issue_code(self, person: str, actor: Actor, *, now_ms: int) -> str:
        """A one-time code with which `person` chooses a password; shown once.

        Raises:
            AccountError: there is no such user.
        """
        with self._database.transaction() as connection:
            users.require(connection, person)
            code = codes.issue(connection, person, now_ms=now_ms)
            audit.record(connection, actor, "code_issue", now_ms=now_ms, subject=person)
            return code

    def redeem(self, code: str, password: str, *, address: str, now_ms: int) -> User | TurnedAway:
        """Set the password of the code's owner; the code works no more, every session of theirs is closed."""
        with self._database.transaction() as connection:
            person = codes.owner(connection, code, now_ms=now_ms)
            user = users.by_person(connection, person) if person else None
            if user is None or user.disabled:
                anyone = Actor(None, address)
                audit.record(connection, anyone, "code_redeem", now_ms=now_ms, outcome="denied", detail="no such code")
                return _NO_CODE
        weak = weakness(password, login=user.login)
        if weak is not None:
            return weak
        try:
            stored = self._passwords.hash(password)
        except BusyError:
            return _BUSY
        with self._database.transaction() as connection:
            if codes.owner(connection, code, now_ms=now_ms) != user.person:
                return _NO_CODE
            codes.use_up(connection, user.person)
            users.set_password(connection, user.person, stored)
            sessions.close_all(connection, user.person)
            throttle.forget_failures(connection, user.login)
            actor = Actor(user.person, address)
            audit.record(connection, actor, "code_redeem", now_ms=now_ms, subject=user.person)
        self._forget_code_file(code)
        return user

    # ── users ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_user(
        self,
        login: str,
        *,
        printed_name: str,
        organisation: str | None,
        roles: Collection[str],
        actor: Actor,
        now_ms: int,
    ) -> User:
        """Enrol someone; they get in with a code from `issue_code`.

        Raises:
            AccountError: the login is malformed or taken, or the roles do not fit the organisation.
        """
        with self._database.transaction() as connection:
            user = users.add(
                connection, login, printed_name=printed_name, organisation=organisation, roles=roles, now_ms=now_ms
            )
            detail = f"{organisation or 'whole site'}: {' '.join(sorted(user.roles))}"
            audit.record(connection, actor, "user_add", now_ms=now_ms, subject=user.person, detail=detail)
            return user

    def user(self, person: str) -> User | None:
        """The user with this pseudonym."""
        with self._database.transaction() as connection:
            return users.by_person(connection, person)

    def user_named(self, login: str) -> User | None:
        """The user with this login."""
        with self._database.transaction() as connection:
            return users.by_login(connection, users.normal_login(login))

    def users(self) -> tuple[User, ...]:
        """Every user, by login."""
        with self._database.transaction() as connection:
            return users.everyone(connection)

    def printed_names(self) -> dict[str, str]:
        """Pseudonym → printed name, for this site's own pages."""
        with self._database.transaction() as connection:
            return users.printed_names(connection)

    def set_roles(self, person: str, roles: Collection[str], actor: Actor, *, now_ms: int) -> User:
        """Replace someone's roles; their sessions are closed, so that the next page is a new sign-in.

        Raises:
            AccountError: the roles do not fit, or nobody would be left to administer the site.
        """
        with self._database.transaction() as connection:
            before = users.require(connection, person).roles
            users.set_roles(connection, person, roles)
            sessions.close_all(connection, person)
            detail = f"{' '.join(sorted(before))} -> {' '.join(sorted(set(roles)))}"
            audit.record(connection, actor, "role_change", now_ms=now_ms, subject=person, detail=detail)
            return users.require(connection, person)

    def disable(self, person: str, actor: Actor, *, now_ms: int) -> None:
        """Keep someone out at once: sessions, tokens and codes end.

        Raises:
            AccountError: there is no such user, or nobody would be left to administer the site.
        """
        with self._database.transaction() as connection:
            users.disable(connection, person)
            sessions.close_all(connection, person)
            tokens.revoke_all(connection, person, now_ms=now_ms)
            codes.use_up(connection, person)
            audit.record(connection, actor, "user_disable", now_ms=now_ms, subject=person)

    def enable(self, person: str, actor: Actor, *, now_ms: int) -> None:
        """Let someone in again; tokens stay revoked.

        Raises:
            AccountError: there is no such user.
        """
        with self._database.transaction() as connection:
            users.enable(connection, person)
            audit.record(connection, actor, "user_enable", now_ms=now_ms, subject=person)

    def erase(self, person: str, actor: Actor, *, now_ms: int) -> None:
        """Forget who the pseudonym was, for good; the audit keeps the pseudonym.

        Raises:
            AccountError: there is no such user, or nobody would be left to administer the site.
        """
        with self._database.transaction() as connection:
            users.erase(connection, person)
            audit.record(connection, actor, "user_erase", now_ms=now_ms, subject=person)
        self._database.forget_deleted()

    # ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────

    def issue_token(
        self, person: str, *, label: str, roles: Collection[str], expires_ms: int, actor: Actor, now_ms: int
    ) -> str:
        """A new API token's text, shown once.

        Raises:
            AccountError: no such user, more roles than they have, or no end within a year.
        """
        with self._database.transaction() as connection:
            user = users.require(connection, person)
            if user.disabled:
                raise AccountError("expected a user who may sign in; this one is disabled")
            text = tokens.issue(connection, user, label=label, roles=roles, now_ms=now_ms, expires_ms=expires_ms)
            detail = " ".join(sorted(set(roles)))
            audit.record(connection, actor, "token_issue", now_ms=now_ms, subject=person, detail=detail)
            return text

    def bearer(self, token: str, *, address: str, now_ms: int) -> User | None:
        """The user that a token speaks for, with no more roles than both have; None if it does not hold.

        A token that held once is written down; what was never a token is not, so that noise does not fill the audit.
        """
        with self._database.transaction() as connection:
            user = tokens.bearer(connection, token, now_ms=now_ms)
            if user is None and (owner := tokens.owner(connection, token)) is not None:
                nobody = Actor(None, address)
                audit.record(connection, nobody, "token_use", now_ms=now_ms, subject=owner, outcome="denied")
            return user

    def tokens_of(self, person: str) -> tuple[Token, ...]:
        """Someone's tokens, newest first."""
        with self._database.transaction() as connection:
            return tokens.of_person(connection, person)

    def revoke_token(self, person: str, handle: str, actor: Actor, *, now_ms: int) -> bool:
        """Revoke one of someone's tokens by its handle; False if there is none that holds."""
        with self._database.transaction() as connection:
            found = tokens.revoke(connection, person, handle, now_ms=now_ms)
            if found:
                audit.record(connection, actor, "token_revoke", now_ms=now_ms, subject=person, detail=handle)
            return found

    # ── cases ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_case_note(self, case: str, text: str, actor: Actor, *, now_ms: int) -> None:
        """Note something on a case of recall or lookback that may name persons and must not stand in the log.

        Raises:
            AccountError: nothing, or too much, was written, or nobody is signed in.
        """
        if actor.person is None or not 1 <= len(text.strip()) <= cases.MOST_CHARACTERS:
            raise AccountError(f"expected 1 to {cases.MOST_CHARACTERS} characters by someone who is signed in")
        with self._database.transaction() as connection:
            cases.add(connection, CaseNote(case, actor.person, now_ms, text.strip()))
            audit.record(connection, actor, "case_note", now_ms=now_ms, subject=case)

    def case_notes(self, case: str) -> tuple[CaseNote, ...]:
        """What was noted on a case, the first first."""
        with self._database.transaction() as connection:
            return cases.of_case(connection, case)

    def erase_case_notes(self, case: str, actor: Actor, *, now_ms: int) -> int:
        """Forget every note on a case, for good; how many there were. The case itself stays in the log."""
        with self._database.transaction() as connection:
            count = cases.erase(connection, case)
            audit.record(connection, actor, "case_notes_erase", now_ms=now_ms, subject=case, detail=str(count))
        self._database.forget_deleted()
        return count

    # ── audit ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def record(self, actor: Actor, action: str, *, now_ms: int, subject: str | None = None, detail: str = "") -> None:
        """Write down an administrative act that happened elsewhere, e.g. a key's approval."""
        with self._database.transaction() as connection:
            audit.record(connection, actor, action, now_ms=now_ms, subject=subject, detail=detail)

    def record_denial(
        self, actor: Actor, action: str, *, now_ms: int, subject: str | None = None, detail: str = ""
    ) -> None:
        """Write down that someone was kept from something."""
        with self._database.transaction() as connection:
            audit.record(connection, actor, action, now_ms=now_ms, subject=subject, outcome="denied", detail=detail)

    def audit(self, *, limit: int = 100, before: int | None = None) -> tuple[AuditEntry, ...]:
        """The newest entries first; `before` a number, for the next page."""
        with self._database.transaction() as connection:
            return audit.entries(connection, limit=limit, before=before)

    def first_bad_audit_entry(self) -> int | None:
        """The number of the first audit entry that is missing or was changed; None if all are as written."""
        with self._database.transaction() as connection:
            return audit.first_bad(connection)

    # ── below the surface ─────────────────────────────────────────────────────────────────────────────────────────

    def _check(self, login: str, password: str, *, address: str, action: str, now_ms: int) -> User | TurnedAway:
        """Throttle, hash, compare; a login that does not exist takes the same way."""
        login = users.normal_login(login)
        with self._database.transaction() as connection:
            if throttle.is_locked(connection, login):
                return _LOCKED
            wait = throttle.wait_ms(connection, login=login, address=address, now_ms=now_ms)
            if wait:
                seconds = -(-wait // 1000)
                return TurnedAway("throttled", f"too many failures; wait {seconds} seconds", seconds)
            user = users.by_login(connection, login)
            stored = users.password_of(connection, user.person) if user else None
        try:
            matches = self._passwords.matches(stored, password)
            renewed = (
                self._passwords.hash(password) if matches and stored and self._passwords.is_dated(stored) else None
            )
        except BusyError:
            return _BUSY
        with self._database.transaction() as connection:
            if user is None or not matches or user.disabled:
                throttle.count_failure(connection, login=login, address=address, now_ms=now_ms)
                actor, subject = Actor(None, address), user.person if user else None
                audit.record(connection, actor, action, now_ms=now_ms, subject=subject, outcome="denied")
                return _WRONG
            throttle.forget_failures(connection, login)
            if renewed is not None:
                users.set_password(connection, user.person, renewed)
        return user

    def _forget_code_file(self, code: str) -> None:
        try:
            written = self._code_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return
        if written == code.strip().upper():
            self._code_file.unlink()


def create(path: Path) -> None:
    """Make an empty accounts database, readable by its owner only; there are no default credentials.

    Raises:
        ConfigError: there is a file already.
    """
    create_file(path)


def first_administrator_code(path: Path, *, now_ms: int) -> str:
    """A one-time code for the login `admin`, which is enrolled if it is not there yet.

    Raises:
        ConfigError: there is no usable database at `path`.
    """
    accounts = Accounts(path)
    try:
        user = accounts.user_named(FIRST_ADMINISTRATOR) or accounts.add_user(
            FIRST_ADMINISTRATOR,
            printed_name="管理员 / Administrator",
            organisation=None,
            roles={ADMINISTRATOR},
            actor=LOCAL,
            now_ms=now_ms,
        )
        return accounts.issue_code(user.person, LOCAL, now_ms=now_ms)
    finally:
        accounts.close()
