"""Authorities, signers and a trust list for the signature tests; made once a process."""

from __future__ import annotations

import functools
import io
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from reportlab.pdfgen.canvas import Canvas

from ca_interop.demo_ca import specifications
from ca_interop.demo_ca.authority import DemoAuthority, Issued
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.revocation import RevocationEvidence
from ca_interop.rules.signatures import making, pdf_making, timestamps
from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.trust_list import TrustList
from kernel.ids import credit_code_check_digit
from sealing.signer import RSA_PKCS1, RSA_PSS, SoftwareSigner
from sealing.sm2 import Sm2PrivateKey

#: OpenSSL and NSS judge by the machine's clock, so the cast lives around it.
NOW = datetime.now(UTC).replace(microsecond=0)
START, END = NOW - timedelta(days=30), NOW + timedelta(days=700)
CODE = "91320913MA1REW551" + credit_code_check_digit("91320913MA1REW551")
CONTENT = "招标文件第一行\r\n第二行\n".encode() * 40
CA_OF = {
    "dual": specifications.CA_THREE,
    "rsa": specifications.CA_ONE,
    "p256": specifications.CA_TWO,
    "sm2": specifications.CA_FOUR,
}


@functools.cache
def authority(kind: str) -> DemoAuthority:
    return DemoAuthority.create(CA_OF[kind], not_before=START, not_after=END)


@functools.cache
def issued(kind: str, organization: str = "盐城城南建设工程有限公司") -> Issued:
    who = Subscriber(organization, CODE, "周建")
    return authority(kind).issue(who, not_before=START, not_after=END).signing


class Sm2Signer:
    """An SM2 key at hand, as a :class:`sealing.statements.Signing`."""

    alg = "sm2-sm3"

    def __init__(self, one: Issued) -> None:
        assert isinstance(one.key, Sm2PrivateKey)
        self.chain, self._key = one.full_chain, one.key

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


def signer(kind: str, alg: str = ""):
    one = issued(kind)
    if kind == "sm2":
        return Sm2Signer(one)
    return SoftwareSigner(one.key, one.full_chain, alg=alg or (RSA_PKCS1 if kind == "rsa" else ""))


SIGNERS = {
    "rsa-pss": ("rsa", RSA_PSS),
    "rsa-pkcs1": ("rsa", RSA_PKCS1),
    "ecdsa": ("p256", ""),
    "sm2": ("sm2", ""),
}


@functools.cache
def trust(*kinds: str) -> TrustList:
    rows = tuple(authority(kind).entry(effective_from=START) for kind in kinds)
    return TrustList(1, "演示省", START, START, rows)


def circumstances(*kinds: str, at: datetime = NOW, given: bool = False) -> Circumstances:
    """Recognized authorities, with their lists of today."""
    crls = tuple(crl for kind in kinds for crl in authority(kind).crls(NOW))
    return Circumstances(trust(*kinds), at, given, RevocationEvidence(crls=crls))


def pem_files(folder: Path, kind: str) -> tuple[Path, Path, Path]:
    """Root, key with certificate, and the chain between, for OpenSSL."""
    one, files = issued(kind), [folder / name for name in ("root.pem", "signer.pem", "chain.pem")]
    files[0].write_bytes(authority(kind).root.public_bytes(Encoding.PEM))
    files[1].write_bytes(one.pem())
    files[2].write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in one.chain))
    return files[0], files[1], files[2]


def openssl(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = ["openssl", *(str(a) for a in arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def pdf(*lines: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number, line in enumerate(lines):
        canvas.drawString(80, 750 - 20 * number, line)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def signed_pdf(
    document: bytes, kind: str, field: str, *, stamped: bool = False, evidence: bool = True
) -> bytes:
    """One more signature on a PDF, as a signer's machine and the server make it together."""
    one = signer(kind)
    prepared = pdf_making.prepare(document, NOW, pdf_making.Appearance("单位", "签署"), field)
    how = making.plan(one.chain, one.alg)
    attributes = making.attributes(how, prepared.digest)
    value = one.sign(attributes)
    token = None
    if stamped:
        answer = authority(kind).stamper.answer(timestamps.request(value, 99), NOW)
        token = timestamps.token_of(answer, value, 99)
    done = pdf_making.embed(prepared, making.assemble(how, attributes, value, timestamp=token))
    ca = authority(kind)
    return pdf_making.add_evidence(done, [*one.chain, ca.root], ca.crls(NOW), []) if evidence else done
