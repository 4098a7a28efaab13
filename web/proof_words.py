"""A proof in words: its verdict in a sentence, and its steps, each with what it was checked against. Pure."""

from dataclasses import dataclass

from ledger.core.errors import Refused
from ledger.read.values import Proof, ProofStep
from web.present import Tone
from web.speech import Speech
from web.words.proof import ACCEPTANCE, OUTCOMES, PROOF_STEPS, PROOF_WARNINGS

_STEP_TONES: dict[str, Tone] = {"ok": "ok", "warning": "warning", "failed": "stop"}

_VERDICTS: dict[str, Tone] = {"valid": "ok", "warnings": "warning", "invalid": "stop", "undecidable": "unknown"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the proof in words: what was looked at, what came out, and against what."""

    tone: Tone
    title: str
    outcome: str
    detail: str


def proof_tone(proof: Proof) -> Tone:
    """The tone of a proof's verdict."""
    return _VERDICTS.get(proof.verdict, "unknown")


def proof_headline(proof: Proof, speech: Speech) -> str:
    """The proof's verdict in a sentence."""
    match proof.verdict:
        case "valid":
            return speech.say("Every step holds.")
        case "warnings":
            return speech.say("Every step that was checked holds; some could not be checked here.")
        case "invalid":
            return speech.say("A step does not hold. Do not rely on this record; call the quality officer.")
        case _:
            return speech.say("Nothing can be decided from what is here.")


def proof_steps(proof: Proof, speech: Speech) -> tuple[Step, ...]:
    """Every step in order, in words."""
    return tuple(
        Step(
            _STEP_TONES.get(step.outcome, "unknown"),
            speech.say(PROOF_STEPS[step.step]) if step.step in PROOF_STEPS else step.step,
            speech.say(OUTCOMES[step.outcome]) if step.outcome in OUTCOMES else step.outcome,
            _against(step, speech),
        )
        for step in proof.steps
    )


def passport_refusal(refused: Refused, speech: Speech) -> str:
    """Why a passport of a partner was not accepted."""
    if refused.step in ACCEPTANCE:
        return speech.say(ACCEPTANCE[refused.step])
    step = PROOF_STEPS.get(refused.step)
    return speech.say("This does not hold: %(step)s", step=speech.say(step) if step else refused.step)


def _against(step: ProofStep, speech: Speech) -> str:
    """What a step was checked against: in full in English, in which it is written; else what a warning means."""
    if step.outcome == "warning" and step.step in PROOF_WARNINGS:
        return speech.say(PROOF_WARNINGS[step.step])
    return step.detail if speech.language == "en" or step.outcome == "failed" else ""
