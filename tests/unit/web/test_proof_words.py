"""What the pages say of a proof."""

from tests.unit.web import samples
from web import proof_words

ZH, EN = samples.speech("zh"), samples.speech("en")


def test_a_proof_says_what_could_not_be_checked() -> None:
    proof = samples.proof()
    steps = proof_words.proof_steps(proof, ZH)
    assert proof_words.proof_tone(proof) == "warning"
    assert [step.tone for step in steps] == ["ok", "ok", "ok", "warning"]
    assert all(not step.detail.isascii() or not step.detail for step in steps)
