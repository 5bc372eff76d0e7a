"""CMS and GB/T 35275: made here, read here, cross-checked both ways with ``openssl cms``."""

from __future__ import annotations

import pytest
from asn1crypto import cms

from ca_interop.rules.signatures import checking, judging, making, message, oids, timestamps
from ca_interop.rules.signatures.report import Verdict, lines
from kernel.errors import Refused
from tests.unit.ca_interop.signatures import cast
from tests.unit.ca_interop.signatures.cast import CONTENT, NOW, SIGNERS


@pytest.mark.parametrize("name", list(SIGNERS))
@pytest.mark.parametrize("detached", [True, False])
def test_what_is_signed_is_read_back_with_every_check(name, detached):
    made = making.sign(CONTENT, cast.signer(*SIGNERS[name]), detached=detached, signing_time=NOW)
    said = message.read(made)
    assert said.kind == ("gbt35275" if name == "sm2" else "cms")
    assert said.content == (None if detached else CONTENT)
    found = checking.check(said.signers[0], CONTENT, said.content_type)
    assert [e.code for e in found] == ["signature.digest", "signature.certificate_named", "signature.value"]
    assert said.signers[0].claimed_time == NOW


@pytest.mark.parametrize("name", ["rsa-pss", "rsa-pkcs1", "ecdsa"])
@pytest.mark.parametrize("detached", [True, False])
def test_openssl_verifies_what_is_signed_here(tmp_path, name, detached):
    kind, alg = SIGNERS[name]
    root, _, _ = cast.pem_files(tmp_path, kind)
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "signed").write_bytes(making.sign(CONTENT, cast.signer(kind, alg), detached=detached))
    content = ["-content", tmp_path / "content"] if detached else []
    done = cast.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "signed", "-CAfile", root,
                        "-purpose", "any", *content)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, CONTENT), done.stderr


FLAVOURS = {
    "plain": ["-md", "sha256"], "sha384": ["-md", "sha384"], "enclosed": ["-nodetach"], "key id": ["-keyid"],
    "indefinite lengths": ["-stream", "-nodetach"], "no attributes": ["-noattr"], "cades": ["-cades"],
    "pem": ["-outform", "PEM"],
}  # fmt: skip


@pytest.mark.parametrize("flavour", list(FLAVOURS))
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_what_openssl_signs_verifies_here(tmp_path, kind, flavour):
    _, own, chain = cast.pem_files(tmp_path, kind)
    (tmp_path / "content").write_bytes(CONTENT)
    done = cast.openssl("cms", "-sign", "-binary", "-outform", "DER", "-in", tmp_path / "content", "-signer", own,
                        "-certfile", chain, *FLAVOURS[flavour])  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = judging.judge_message(done.stdout, CONTENT, cast.circumstances("rsa", "p256"))
    assert report.verdict is Verdict.VALID, lines(report.as_json())


def test_openssl_with_pss_verifies_here(tmp_path):
    _, own, chain = cast.pem_files(tmp_path, "rsa")
    (tmp_path / "content").write_bytes(CONTENT)
    done = cast.openssl("cms", "-sign", "-binary", "-outform", "DER", "-in", tmp_path / "content", "-signer", own,
                        "-certfile", chain, "-keyopt", "rsa_padding_mode:pss")  # fmt: skip
    report = judging.judge_message(done.stdout, CONTENT, cast.circumstances("rsa"))
    assert (report.verdict, report.signatures[0].algorithm) == (Verdict.VALID, "rsa-pss-sha256")


@pytest.mark.parametrize("name", list(SIGNERS))
def test_another_content_is_found_out(name):
    made = message.read(making.sign(CONTENT, cast.signer(*SIGNERS[name])))
    with pytest.raises(Refused) as refused:
        checking.check(made.signers[0], CONTENT + b" ", made.content_type)
    assert refused.value.code == "signature.digest_differs"


@pytest.mark.parametrize("name", list(SIGNERS))
def test_a_changed_signature_value_is_found_out(name):
    kind, alg = SIGNERS[name]
    how = making.plan(cast.signer(kind, alg).chain, cast.signer(kind, alg).alg)
    signed = making.attributes(how, checking.digest(how.algorithm.hash, CONTENT))
    value = cast.signer(kind, alg).sign(signed + b"x")
    with pytest.raises(Refused) as refused:
        making.assemble(how, signed, value)
    assert refused.value.code == "signature.wrong"


def test_a_report_says_the_signer_the_authority_and_every_step():
    made = making.sign(CONTENT, cast.signer("p256"), signing_time=NOW)
    report = judging.judge_message(made, CONTENT, cast.circumstances("rsa", "p256", given=True))
    one = report.signatures[0]
    assert (one.organization, one.credit_code, one.authority) == (
        "盐城城南建设工程有限公司",
        cast.CODE,
        "演示 CA 二",
    )
    assert (one.verdict, one.time_from) == (Verdict.VALID, "given")
    assert [s.code for s in one.steps] == [
        "signature.detached", "signature.digest", "signature.certificate_named", "signature.value", "time.claimed",
        "time.given", "path.found", "path.certificate", "path.certificate", "path.certificate", "trust_list.authority",
        "certificate.use", "revocation.crl", "revocation.crl", "revocation.crl",
    ]  # fmt: skip


def test_an_authority_nobody_recognizes_leaves_it_undecided():
    made = making.sign(CONTENT, cast.signer("p256"))
    report = judging.judge_message(made, CONTENT, cast.circumstances("rsa"))
    assert report.verdict is Verdict.UNDECIDED
    assert [s.code for s in report.signatures[0].steps if s.result == "undecided"] == ["certificate.no_path"]


def stamped(kind: str, at=NOW, **faults):
    how = making.plan(cast.signer(kind).chain, cast.signer(kind).alg)
    signed = making.attributes(how, checking.digest(how.algorithm.hash, CONTENT))
    value = cast.signer(kind).sign(signed)
    asked = timestamps.request(value, 4711)
    answer = cast.authority(kind).stamper.answer(asked, at, **faults)
    token = timestamps.token_of(answer, value, 4711)
    return making.assemble(how, signed, value, timestamp=token)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_time_stamp_proves_the_time(kind):
    report = judging.judge_message(stamped(kind), CONTENT, cast.circumstances(kind))
    assert (report.verdict, report.signatures[0].time_from) == (Verdict.VALID, "timestamp")
    assert abs((report.signatures[0].at - NOW).total_seconds()) < 1


def test_a_time_stamp_for_another_request_is_refused():
    with pytest.raises(Refused) as refused:
        stamped("rsa", wrong_nonce=True)
    assert refused.value.code == "timestamp.wrong_nonce"
    answer = cast.authority("rsa").stamper.answer(timestamps.request(b"one", 1), NOW)
    with pytest.raises(Refused) as refused:
        timestamps.token_of(answer, b"another", 1)
    assert refused.value.code == "timestamp.other_imprint"
    rejected = cast.authority("rsa").stamper.answer(b"nothing", NOW)
    with pytest.raises(Refused) as refused:
        timestamps.token_of(rejected, b"one", 1)
    assert refused.value.code == "timestamp.refused"


def test_openssl_reads_the_time_stamp_inside_a_signature(tmp_path):
    """``openssl ts`` on the very token that a signature carries."""
    root, _, chain = cast.pem_files(tmp_path, "rsa")
    signer = message.read(stamped("rsa")).signers[0]
    (tmp_path / "token").write_bytes(signer.timestamps[0])
    (tmp_path / "value").write_bytes(signer.signature)
    done = cast.openssl("ts", "-verify", "-in", tmp_path / "token", "-token_in", "-data", tmp_path / "value",
                        "-CAfile", root, "-untrusted", chain)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_attributes_of_another_message_are_no_content():
    """Without signed attributes a signature over attributes would pass for one over a document."""
    how = making.plan(cast.signer("rsa").chain, "rsa-pkcs1-sha256")
    signed = making.attributes(how, checking.digest("sha256", CONTENT))
    said = message.read(making.assemble(how, signed, cast.signer("rsa").sign(signed)))
    bare = message.SignerInfo(
        said.signers[0].algorithm, None, {}, {}, said.signers[0].signature, said.signers[0].certificate
    )
    with pytest.raises(Refused) as refused:
        checking.check(bare, signed, oids.DATA)
    assert refused.value.code == "signature.attribute"


def test_a_certificate_put_in_place_of_the_signers_is_found_out():
    """The same key under another certificate: signing-certificate-v2 tells."""
    how = making.plan(cast.signer("p256").chain, "ecdsa-p256-sha256")
    der = cms.CMSAttributes.load(making.attributes(how, checking.digest("sha256", CONTENT)))
    other = making.plan(cast.signer("rsa").chain, "rsa-pkcs1-sha256")
    named = cms.CMSAttributes.load(making.attributes(other, checking.digest("sha256", CONTENT)))
    mixed = [row for row in der if row["type"].dotted != oids.SIGNING_CERTIFICATE_V2]
    mixed += [row for row in named if row["type"].dotted == oids.SIGNING_CERTIFICATE_V2]
    signed = cms.CMSAttributes(mixed).dump()
    said = message.read(making.assemble(how, signed, cast.signer("p256").sign(signed)))
    with pytest.raises(Refused) as refused:
        checking.check(said.signers[0], CONTENT, oids.DATA)
    assert refused.value.code == "signature.other_certificate"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "signature.malformed"),
        (b"hello", "signature.malformed"),
        (b"-----BEGIN CMS-----\n!!\n-----END CMS-----", "signature.malformed"),
        (b"\x30\x00", "signature.malformed"),
        (b"\x30\x80" * 5000, "signature.malformed"),
        (b"\x30\x84\xff\xff\xff\xff", "signature.malformed"),
    ],
)
def test_what_is_no_signature_is_named(data, code):
    with pytest.raises(Refused) as refused:
        message.read(data)
    assert refused.value.code == code


def test_a_detached_signature_needs_its_file():
    with pytest.raises(Refused) as refused:
        judging.judge_message(making.sign(CONTENT, cast.signer("p256")), None, cast.circumstances("p256"))
    assert refused.value.code == "signature.no_content"
