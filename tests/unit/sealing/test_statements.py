import copy

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.errors import Refused
from sealing import SoftwareSigner, fields, statements
from tests.unit.sealing.cast import certificate, signer

SAID = statements.statement("bid-withdrawal", {"bid": "1", "说明": "撤回"})


def code(signed: object, **more: object) -> str:
    with pytest.raises(Refused) as caught:
        statements.verify(signed, **more)  # type: ignore[arg-type]
    return caught.value.code


def test_every_algorithm_signs_and_verifies() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pkcs1 = SoftwareSigner(key, [certificate(key, "r")], alg="rsa-pkcs1-sha256")
    ed = Ed25519PrivateKey.generate()
    cases = {
        "rsa-pss-sha256": statements.sign(SAID, signer("rsa", "rsa")),
        "rsa-pkcs1-sha256": statements.sign(SAID, pkcs1),
        "ecdsa-p256-sha256": statements.sign(SAID, signer("ec")),
        "ed25519": statements.sign(SAID, ed),
    }
    for alg, signed in cases.items():
        evidence = statements.verify(signed, purpose="bid-withdrawal")
        assert (evidence.facts["alg"], dict(evidence.payload)) == (alg, SAID["payload"])
    assert statements.verify(cases["ed25519"]).public_key_hex == ed.public_key().public_bytes_raw().hex()
    assert statements.verify(cases["ecdsa-p256-sha256"]).leaf == signer("ec").chain[0]


def test_a_raw_key_signs_with_its_chain() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = [certificate(key, "x"), signer("ec").chain[0]]
    assert statements.verify(statements.sign(SAID, key, chain)).chain == tuple(chain)
    with pytest.raises(Refused, match="statement.alg_unsupported"):
        statements.sign(SAID, key)


def test_what_was_not_signed_is_refused() -> None:
    good = statements.sign(SAID, signer("ec"))
    altered = copy.deepcopy(good)
    altered["statement"]["payload"]["bid"] = "2"
    other_alg = copy.deepcopy(good)
    other_alg["signature"]["alg"] = "ed25519"
    swapped = good | {"certificates": [fields.b64(b"no certificate")]}
    assert code(altered) == "statement.signature_bad"
    assert code(other_alg) == "statement.alg_unsupported"
    assert code(good, purpose="bid-submission") == "statement.purpose_differs"
    assert code(good, public_key=signer("other").chain[0].public_key()) == "statement.signer_differs"
    assert code(swapped) == "sealing.bad_field"
    for key in good:
        assert code({k: v for k, v in good.items() if k != key}) == "sealing.bad_field"
    assert code(good | {"public_key": "00" * 32}) == "sealing.bad_field"
    assert code(good | {"extra": 1}) == "sealing.bad_field"
    for bad in (None, [], "x", {"statement": []}):
        assert code(bad) == "sealing.bad_field"


def test_statement_types_are_ours() -> None:
    for purpose in ("Bid", "", "a/b", "a" * 70, "ü"):
        with pytest.raises(Refused, match="sealing.bad_field"):
            statements.sign(statements.statement(purpose, {}), signer("ec"))
