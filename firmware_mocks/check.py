"""The verdict on a played day, from outside: pages, commands, passports and the devices' own account of it.

Independent of the product's code: the cold chain is computed anew (`recompute`), the readings are compared with what
the devices served (`truth`), and every figure of the ledger has to agree with both. `survey` asks the running ledger,
`examine` the folder that is left behind.
"""

import json
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware_mocks import auditor, check_month, month, recompute, stored, truth
from firmware_mocks.browser_forms import Browser
from firmware_mocks.cast import xuemai
from firmware_mocks.children import Device
from firmware_mocks.findings import Findings
from firmware_mocks.people import token_of
from firmware_mocks.scenarios import AFFECTED, DINS, FINAL_STATES, MOVED, TRANSFUSED, unit
from firmware_mocks.script import RED_CELLS, WHOLE_BLOOD, at
from firmware_mocks.site_plan import DEVICES, DUTY_PHONE, FRIDGE_1, GATEWAYS, HORN, PROBE_SECONDS

_JUDGED = {name for name in FINAL_STATES if not name.endswith(WHOLE_BLOOD)}
"""Whole blood never stood in a place where anything is judged."""
FAULTS = {"noise", "split", "cut", "checksum", "merge", "duplicate", "retained", "silence", "flicker"}
STORED = "1 10:40"
POLL_MS = PROBE_SECONDS * 1000
_COMMAND_SECONDS = 60.0
_JUDGED_SECONDS = 120.0
"""Twice the longest rest that the ledger takes from judging."""
_LOOK_AGAIN_SECONDS = 1.0
_IN_USE = frozenset({"in_hospital", "available", "transfused"})
_FRIDGE_1_PROBE = "probe:gw-centre/fridge-1"


def count_faults(findings: Findings, devices: Mapping[str, Device]) -> None:
    """Ask every device which faults it really made: a day without them would prove little."""
    made: Counter[str] = Counter()
    for device in devices.values():
        injected = device.ask("stats").get("faults")
        made.update(injected if isinstance(injected, dict) else {})
    missing = sorted(FAULTS - set(made))
    findings.figures["device_faults"] = made.total()
    findings.add("the devices made their faults", not missing, f"none of {missing}" if missing else json.dumps(made))


def hear_the_alarm(findings: Findings, devices: Mapping[str, Device]) -> None:
    """The night's excursion sounds on the spot until somebody takes charge of it, and the telephone was told."""
    coils, sent = devices[HORN].ask("coils").get("on"), devices[DUTY_PHONE].ask("sent").get("sent")
    sounds = isinstance(coils, list) and 0 in coils
    findings.add("the alarm on the spot sounds", sounds, f"coils that are on: {coils}")
    told = sent if isinstance(sent, list) else []
    findings.add("the telephone on duty was told of it", bool(told), json.dumps(told[:1], ensure_ascii=False))


def survey(findings: Findings, *, browser: Browser, url: str) -> dict[str, str]:
    """Ask the running ledger for every unit: its state, which is answered, and the verdict on its cold chain.

    Raises:
        FormError: the page gave no token.
    """
    token = token_of(browser, label="demo check")
    units = _judged_units(url, token)
    expected = month.FINAL_STATES | FINAL_STATES
    wrong = {
        name: f"expected {state}, is {units.get(name, {}).get('state', 'unknown')}"
        for name, state in expected.items()
        if units.get(name, {}).get("state") != state or units[name]["on_hold"]
    }
    findings.figures["units"] = len(units)
    findings.add(
        "every unit is what the script expects", not wrong, json.dumps(wrong) if wrong else f"{len(units)} units"
    )
    findings.add("no unit beside the expected ones", set(units) == set(expected), f"{len(units)} of {len(expected)}")
    verdicts = {name: _verdict(url, token, name) for name in sorted(set(units) & _JUDGED)}
    out = {name for name, verdict in verdicts.items() if verdict == "out"}
    out |= {name for name, each in units.items() if each["cold_chain_verdict"] == "out"}
    findings.add("the excursion hit exactly the units that were inside", out == set(AFFECTED), ", ".join(sorted(out)))
    others = {name: verdict for name, verdict in verdicts.items() if name not in AFFECTED and verdict != "ok"}
    findings.add(
        "every other unit's cold chain is ok", not others, json.dumps(others) if others else f"{len(verdicts)} judged"
    )
    doubtful = _doubtful(units)
    findings.add("the cold chain of the weeks before is ok", not doubtful, ", ".join(doubtful[:5]) or "bag by bag")
    return {name: str(each["state"]) for name, each in units.items()}


def _judged_units(url: str, token: str) -> dict[str, dict[str, Any]]:
    """Every unit as the ledger lists it, once its lists are as far as its log: while batches come, they lie behind."""
    give_up_at = time.monotonic() + _JUDGED_SECONDS
    while True:
        units = {each["unit"]: each for each in _ask(url, token, "/v1/inventory?limit=500")["units"]}
        if not _doubtful(units) or time.monotonic() > give_up_at:
            return units
        time.sleep(_LOOK_AGAIN_SECONDS)


def _doubtful(units: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The bags of the weeks before that are in use, and whose cold chain the lists do not call ok."""
    in_use = [name for name in month.FINAL_STATES if name in units and units[name]["state"] in _IN_USE]
    return [name for name in in_use if units[name]["cold_chain_verdict"] != "ok"]


def _verdict(url: str, token: str, name: str) -> str:
    exposure = _ask(url, token, f"/v1/units/{name}/cold-chain")["exposure"]
    return str(exposure["verdict"]) if exposure else "none"


def _ask(url: str, token: str, path: str) -> dict[str, Any]:
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  our own server
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        said: dict[str, Any] = json.loads(answer.read())
    return said


def examine(directory: Path, findings: Findings, *, say: Callable[[str], None]) -> None:
    """Examine the folder of a stopped site; its figures and checks join the findings."""
    say("exporting passports and computing the cold chain anew")
    served = truth.read_truth(directory)
    for n in DINS:
        _compare(directory, n, served.get(_FRIDGE_1_PROBE, []), findings)
    _stored(directory, served, findings)
    say("verifying the passport of the transfused unit")
    _passport(directory, findings)
    _outboxes(directory, findings)
    say("recomputing the ledger from raw bytes")
    _fsck(directory, findings)


def _compare(directory: Path, n: int, fridge_1: list[truth.Served], findings: Findings) -> None:
    """One unit's minutes: stated by the ledger, computed anew, and as the probe really read."""
    name = unit(n, RED_CELLS)
    file = directory / "passports" / f"{name.removeprefix('unit:')}.full.json"
    if not _export(directory, name, file, "--full"):
        findings.add(f"red cells {n}: a full passport", False, "the export failed")  # noqa: FBT003  it did
        return
    again = recompute.recompute(file.read_bytes())
    same = (again.out_ms, again.verdict) == (again.stated_out_ms, again.stated_verdict)
    detail = f"stated {again.stated_out_ms} ms, {again.stated_verdict}; computed {again.out_ms} ms, {again.verdict}"
    findings.add(f"red cells {n}: minutes out and verdict, computed anew", same, detail)
    inside = {1: None, 2: None, 3: at(MOVED)}
    if n not in inside:
        findings.add(f"red cells {n}: never out", again.stated_out_ms == 0, detail)
    else:
        end_ms = inside[n] or max((each.at_ms for each in fridge_1), default=0)
        real_ms = recompute.outside(truth.marks(fridge_1), recompute.RED_CELLS.limits["store"], at(STORED), end_ms)
        agrees = real_ms > 0 and abs(real_ms - again.out_ms) <= 2 * POLL_MS
        findings.add(
            f"red cells {n}: minutes out, as {FRIDGE_1} really was", agrees, f"{real_ms} ms by the device, {detail}"
        )


def _stored(directory: Path, served: dict[str, list[truth.Served]], findings: Findings) -> None:
    """Every reading of the ledger was served by a device, and every excursion is the night's."""
    kept, excursions = stored.readings(directory), stored.excursions(directory)
    readings = [each for each in kept if each[1] > month.READ_UNTIL_MS]
    missing = truth.unserved(readings, served)
    check_month.readings(findings, [each for each in kept if each[1] <= month.READ_UNTIL_MS])
    findings.figures["readings"] = len(readings)
    findings.figures["excursions"] = len(excursions)
    findings.add(
        "no reading in the ledger that no device served",
        bool(readings) and not missing,
        "; ".join(missing[:3]) or f"{len(readings)} readings",
    )
    places = [str(each.get("place")) for each in excursions]
    findings.add("the excursion is fridge 1's, and the only one", places == [FRIDGE_1], ", ".join(places) or "none")


def _passport(directory: Path, findings: Findings) -> None:
    name = unit(TRANSFUSED, RED_CELLS)
    file = directory / "passports" / f"{name.removeprefix('unit:')}.json"
    findings.figures["passport"] = str(file)
    findings.figures["passport_verdict"] = "none"
    if not findings.add("the transfused unit has a passport", _export(directory, name, file), str(file)):
        return
    believed = ["--policy", str(directory / "policy.txt"), "--auditor", auditor.key_of(directory), "--map-within", "24"]
    policy = [*believed, "--json"]
    said = _command(xuemai("passport", "verify", str(file), *policy))
    verdict = _json(said.stdout).get("verdict", "none")
    findings.figures["passport_verdict"] = verdict
    findings.add(
        "its passport verifies", said.returncode == 0 and verdict in {"valid", "warnings"}, f"verdict {verdict}"
    )
    spoilt = file.with_suffix(".spoilt")
    octets = bytearray(file.read_bytes())
    place = octets.index(b"collected")
    octets[place] ^= 0x02
    spoilt.write_bytes(octets)
    answer = _command(xuemai("passport", "verify", str(spoilt), *policy))
    step = _json(answer.stdout).get("failed_step")
    findings.add(
        "a copy with one changed byte is refused", answer.returncode == 1, f"exit {answer.returncode} at {step}"
    )
    spoilt.unlink()


def compare_counts(directory: Path, findings: Findings) -> None:
    """Whether every probe's readings, as its gateway counted them, are those that its device served."""
    served = truth.read_truth(directory)
    probes = {probe for device in DEVICES for _, probe in device.zones}
    wrong: list[str] = []
    # The hospital's gateway is restarted in the course of the day, and its counters with it.
    for gateway in set(GATEWAYS) - {"gw-hospital"}:
        for device in _status(directory, gateway).get("devices", []):
            probe = device["device"].replace("device:", "probe:", 1)
            if probe in probes:
                wrong += _miscounted(probe, device["counts"], served.get(probe, []))
    findings.add("readings served are readings counted", not wrong, "; ".join(wrong) or "probe by probe")


def _outboxes(directory: Path, findings: Findings) -> None:
    left, alarms = 0, []
    for gateway in GATEWAYS:
        status = _status(directory, gateway)
        streams = status.get("streams", {})
        left += sum(stream["waiting"] + stream["unsealed"] for stream in streams.values()) if streams else 1
        alarms += [f"{gateway}: {alarm}" for alarm in status.get("alarms", [])]
    findings.figures["gateway_outbox_left"] = left
    findings.add("the gateways' outboxes are empty", left == 0, f"{left} without a receipt")
    findings.add("no gateway needs a person", not alarms, "; ".join(alarms) or "no alarm")


def _status(directory: Path, gateway: str) -> dict[str, Any]:
    return _json(
        _command(xuemai("gateway", "status", "--json", "--site", str(directory / "gateways" / gateway))).stdout
    )


def _miscounted(probe: str, counts: Mapping[str, int], servings: list[truth.Served]) -> list[str]:
    surely = sum(each.surely_arrives for each in servings)
    heard, kept = counts.get("readings", 0), counts.get("kept", 0) + counts.get("faults", 0) + counts.get("repeats", 0)
    # Twice, because a duplicate may be heard twice.
    most = len(servings) + sum("duplicate" in each.fault for each in servings)
    if heard != kept:
        return [f"{probe}: {heard} heard, {kept} accounted for"]
    return [] if surely <= heard <= most else [f"{probe}: {heard} heard, {surely} to {most} served"]


def _fsck(directory: Path, findings: Findings) -> None:
    done = _command(xuemai("fsck", "--site", str(directory), "--json"))
    said = _json(done.stdout)
    good = done.returncode == 0 and said.get("ok") is True
    findings.figures |= {name: said.get(name, 0) for name in ("events", "batches", "log_size")}
    findings.figures["fsck"] = "ok" if good else "failed"
    findings.add(
        "fsck finds nothing wrong", good, f"{said.get('events')} events; {said.get('first_bad') or done.stderr[-300:]}"
    )


def _export(directory: Path, name: str, file: Path, *more: str) -> bool:
    file.parent.mkdir(exist_ok=True)
    done = _command(xuemai("passport", "export", name, "-o", str(file), "--site", str(directory), *more))
    return done.returncode == 0 and file.exists()


def _command(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)


def _json(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
