"""A whole demo site on one machine: ledger, pages, broker, devices and gateways, each a process of its own.

    python3 dev.py demo [--check] [--port 8080] [--dir DIR] [--lan]

The first start makes the site, fills in four weeks of it, plays a day and a night from vein to patient, and then goes
on in real time: thirty days in all. The pages answer from the first seconds on; the rest takes two or three minutes. A
later start takes seconds, keeps its data, and goes on where it stopped. Ctrl-C, SIGTERM or a closed terminal stops
everything.
`--check` plays the same days without anybody watching, verifies what came of it, and exits 0 only if all of it holds;
the last line on stdout is one JSON object. Everything uses embedded defaults: SQLite, an embedded MQTT broker, devices
in software on real pseudo-terminals. The clock is simulated, and the site is marked as a demo.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from firmware_mocks import auditor, check, check_month, month, scenarios
from firmware_mocks.browser_forms import Browser, FormError
from firmware_mocks.cast import Cast, free_port
from firmware_mocks.children import ChildError
from firmware_mocks.conductor import ConductedClock, Conductor
from firmware_mocks.findings import Findings
from firmware_mocks.people import People, ScriptError
from firmware_mocks.script import Step
from firmware_mocks.show import Show
from firmware_mocks.site_plan import ADMINISTRATOR, AUDITOR, GATEWAYS, PEOPLE
from firmware_mocks.site_setup import (
    ACCOUNTS_NAME,
    Accounts,
    Setup,
    SetupError,
    make_folder,
    readdress_gateways,
    sign_in,
)
from firmware_mocks.stage import KeepingUp, Stage, State

PORT = 8080
FAILURES = (ChildError, FormError, ScriptError, SetupError, OSError, subprocess.SubprocessError)


class Stopped(Exception):  # noqa: N818  not an error: somebody asked to stop
    """Ctrl-C, SIGTERM, a closed terminal, or whoever started the demo is gone."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    check: bool
    port: int
    directory: Path
    lan: bool


class Demo:
    """One run of the demo."""

    def __init__(self, options: Options, show: Show) -> None:
        """Nothing runs yet."""
        self._options, self._show = options, show
        host = "0.0.0.0" if options.lan else "127.0.0.1"  # noqa: S104  asked for by --lan, and said
        self._cast = Cast(options.directory, port=options.port, host=host, at_each_look=self._see_whether_to_stop)
        self._findings = Findings()
        self._browsers: dict[str, Browser] = {}
        self._passwords: dict[str, str] = {}
        self._stop_asked = False
        self._uninterrupted = False
        self._parent = os.getppid()
        self._looked = 0.0

    def run(self) -> int:
        """Set up, play, and go on until told to stop; the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        began = time.monotonic()
        try:
            code = self._live()
        finally:  # whatever happened, even a terminal that can no longer be written to
            bad = self._cast.stop()
        for complaint in bad:
            self._show.complain(complaint)
        self._show.end()
        if self._options.check:
            return self._judge(failed=code != 0 or self._stop_asked, bad=bad, began=began)
        return code

    def _live(self) -> int:
        """From the first process to the last word; 1 if something failed."""
        try:
            state = self._set_up()
            clock = ConductedClock(self._options.directory / "sim-clock", start_ms=month.START_MS)
            keeping_up = KeepingUp(self._options.directory)
            conductor = Conductor(clock, all_keep_up=keeping_up, at_each_step=self._each_step)
            self._uninterrupted = state.steps == 0
            self._play(state, conductor)
            self._show.end()
            if self._options.check:
                self._show.say("asking the ledger for every unit")
                rules = ", ".join(state.refused)
                self._findings.add("the release of an unfit unit was refused", bool(rules), f"by {rules or 'nobody'}")
                if self._uninterrupted:
                    check.count_faults(self._findings, self._cast.devices)
                    check.hear_the_alarm(self._findings, self._cast.devices)
                units = check.survey(self._findings, browser=self._browser_of(ADMINISTRATOR), url=self._cast.url)
                check_month.walk_round(self._findings, self._browser_of)
                check_month.figures(self._options.directory, self._findings, units)
            else:
                self._show.say("the site goes on in real time; Ctrl-C stops it")
                conductor.run_in_real_time(until=lambda: False)
        except Stopped:
            self._show.say("stopping")
        except FAILURES as error:
            self._show.complain(f"failed: {error}")
            return 1
        return 0

    def _audit(self) -> None:
        """The auditor comes by, so that what the ledger shows can be believed to be whole."""
        self._show.say("the auditor replays the log")
        confirmed, found = auditor.replay(
            self._options.directory, browser=self._browser_of(AUDITOR), url=self._cast.url
        )
        self._findings.add("the auditor confirms every unit map", confirmed, found)
        if not confirmed:
            self._show.complain(f"the auditor confirms nothing: {found}")

    def _set_up(self) -> State:
        """The site, made if there is none, with a broker and a ledger that run."""
        directory = self._options.directory
        self._cast.check_port()
        fresh = not (directory / "xuemai.toml").exists()
        if fresh:
            self._show.say(f"making the site in {directory}")
            make_folder(directory, start_ms=month.START_MS, port=self._options.port)
        state = State(directory / "demo-state.json")
        if not fresh and not state.set_up:
            raise SetupError(f"{directory} holds a site that is not a finished demo; remove it, or name another --dir")
        accounts = Accounts(directory)
        self._passwords = accounts.passwords
        self._show.say("starting the broker and the ledger")
        self._cast.start_broker()
        self._cast.start_ledger()
        if fresh:
            self._show.say("setting up places, people and gateways on the pages")
            self._browsers = Setup(directory, addresses=self._cast.addresses, accounts=accounts).run()
            state.set_up = True
            state.save()
        else:
            readdress_gateways(directory, self._cast.addresses)
        return state

    def _play(self, state: State, conductor: Conductor) -> None:
        """What was not played yet is played: the weeks before with the ledger alone, then the day with everybody."""
        weeks = month.steps()
        steps = (*weeks, *scenarios.steps())
        people = People(self._browser_of, password_of=self._passwords.__getitem__)
        stage = Stage(self._cast, state, conductor, people=people, live_from_ms=scenarios.START_MS)
        self._welcome()
        if state.steps < len(weeks):
            self._show.begin("four weeks", month.START_MS, scenarios.START_MS)
            self._perform(stage, weeks)
            self._show.end()
        conductor.leap_to(scenarios.START_MS)
        self._bring_on(stage, steps)
        if state.over:
            return
        self._show.begin("a day and a night", scenarios.START_MS, scenarios.END_MS)
        self._perform(stage, steps)
        conductor.run_until(scenarios.END_MS)
        self._cast.settle()
        self._audit()
        state.over = True
        state.save()
        self._show.say(f"the day is over; {conductor.crawled_seconds:.0f} s of it waiting for the slowest probe")

    def _bring_on(self, stage: Stage, steps: Sequence[Step]) -> None:
        """Devices and gateways start, and the world is as it was left."""
        self._show.say("starting the devices and the gateways")
        self._cast.start_devices()
        stage.set_the_scene(steps)
        for gateway in GATEWAYS:
            self._cast.start_gateway(gateway)
        self._cast.wait_for_gateways()

    def _perform(self, stage: Stage, steps: Sequence[Step]) -> None:
        try:
            stage.perform(steps, told_before=self._show.step)
        except ScriptError as error:
            # A day that was broken off need not go on as if nothing had been: what nobody measured stays unknown.
            if self._uninterrupted or self._options.check:
                raise
            self._show.complain(f"the played day was interrupted and ends here: {error}")

    def _judge(self, *, failed: bool, bad: list[str], began: float) -> int:
        """Verify what was left behind; prints the last line."""
        found = self._findings
        found.figures["site"] = str(self._options.directory)
        try:
            self._examine(found)
        except (*FAILURES, ValueError, KeyError, subprocess.SubprocessError) as error:
            found.add("the check itself", False, f"{type(error).__name__}: {error}")  # noqa: FBT003  it broke off
        found.add("played to the end", not failed, "the log above says why not" if failed else "every step was taken")
        found.add("stopped cleanly", not bad, "; ".join(bad) or "every process ended with 0")
        said = found.as_json() | {"seconds": round(time.monotonic() - began, 1)}
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return 0 if said["ok"] else 1

    def _examine(self, found: Findings) -> None:
        if not (self._options.directory / "ledger.db").exists():
            return
        check.examine(self._options.directory, found, say=self._show.say)
        # Gateways and devices count from their own start.
        if self._uninterrupted:
            check.compare_counts(self._options.directory, found)

    def _welcome(self) -> None:
        if self._options.check:
            return
        print(f"\n  Xuemai (血脉) demo   http://localhost:{self._options.port}\n")
        for login in (ADMINISTRATOR, *(person.login for person in PEOPLE)):
            print(f"  {login:<10} {self._passwords.get(login, '')}")
        print(f"\n  These accounts are also in {self._options.directory / ACCOUNTS_NAME}\n")
        for gateway, port in self._cast.addresses.page_ports.items():
            print(f"  {gateway:<12} its own page, also while the ledger is away: http://127.0.0.1:{port}")
        if self._options.lan:
            print(
                f"  --lan: plain http, without TLS: anyone on this network can read along. Others open http://{_name()}:{self._options.port}"
            )
        print(flush=True)

    def _browser_of(self, login: str) -> Browser:
        if login not in self._browsers:
            self._browsers[login] = sign_in(self._cast.url, login, self._passwords[login])
        return self._browsers[login]

    def _each_step(self, now_ms: int) -> None:
        """Between two steps of the clock: show it, and see whether to stop."""
        self._show.clock(now_ms)
        self._see_whether_to_stop()
        if time.monotonic() - self._looked > 1.0:
            self._looked = time.monotonic()
            self._cast.check_alive()

    def _see_whether_to_stop(self) -> None:
        if self._stop_asked or os.getppid() != self._parent:
            raise Stopped

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stop_asked = True


def parse(arguments: list[str]) -> Options:
    """Read the command line.

    Raises:
        SystemExit: wrong usage.
    """
    parser = argparse.ArgumentParser(
        prog="dev.py demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="play the day, verify it, exit 0 only if all holds")
    parser.add_argument("--port", type=int, help=f"of the pages (default {PORT}; with --check a free one)")
    parser.add_argument("--dir", type=Path, help="the site's folder (default ./demo-site; with --check a new one)")
    parser.add_argument("--lan", action="store_true", help="listen on every interface: plain http on the local network")
    said = parser.parse_args(arguments)
    directory = said.dir or (Path(tempfile.mkdtemp(prefix="xuemai-check-")) if said.check else Path("demo-site"))
    port = said.port or (free_port() if said.check else PORT)
    return Options(said.check, port, directory.resolve(), said.lan)


def _name() -> str:
    return socket.gethostname()


def main() -> None:
    """Run the demo."""
    options = parse(sys.argv[1:])
    sys.exit(Demo(options, Show(sys.stderr)).run())


if __name__ == "__main__":
    main()
