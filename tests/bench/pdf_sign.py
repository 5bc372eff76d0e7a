"""One more signature on a PDF that two have signed, in two steps, against pyHanko's own signer in one.

Ours: the revision prepared, the attributes, the message with its checks, the evidence added. The limit: the same
library's ``sign_pdf`` with the key at hand and the same evidence, which checks nothing. Seal and time-stamp are in
neither. The notes say what the bare cryptography costs (SHA-256 of the file, one RSA-2048 signature and its
verification), and judging all three signatures.
"""

from __future__ import annotations

import hashlib
import io
import time

from asn1crypto import keys
from asn1crypto import x509 as names
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ca_interop.rules.signatures import making, pdf_making, pdf_reading
from tests.bench.measure import Result, in_turn, result, timed
from tests.unit.ca_interop.signatures import cast

RUNS, PAGES_OF_TEXT = 15, 200_000


def run() -> Result:
    document = cast.pdf(*(f"line {n} " + "x" * 60 for n in range(PAGES_OF_TEXT // 70)))
    for number, kind in enumerate(("p256", "dual"), 1):
        document = cast.signed_pdf(document, kind, f"Signature{number}", stamped=True)
    one, ca = cast.signer("rsa"), cast.authority("rsa")
    crls, key = ca.crls(cast.NOW), cast.issued("rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    public = key.public_key()

    def ours() -> bytes:
        shown = pdf_making.Appearance("单位", "签署")
        prepared = pdf_making.prepare(document, cast.NOW, shown, "Signature3")
        how = making.plan(one.chain, one.alg)
        attributes = making.attributes(how, prepared.digest)
        done = pdf_making.embed(prepared, making.assemble(how, attributes, one.sign(attributes)))
        return pdf_making.add_evidence(done, [*one.chain, ca.root], crls, [])

    theirs = SimpleSigner(
        signing_cert=names.Certificate.load(one.chain[0].public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        cert_registry=SimpleCertificateStore.from_certs(
            [names.Certificate.load(c.public_bytes(Encoding.DER)) for c in one.chain[1:]]
        ),
    )

    def limit() -> bytes:
        how = PdfSignatureMetadata("Signature3", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        writer = IncrementalPdfFileWriter(io.BytesIO(document), strict=False)
        done = sign_pdf(writer, how, signer=theirs, bytes_reserved=2 * pdf_making.ROOM)
        return pdf_making.add_evidence(done.getvalue(), [*one.chain, ca.root], crls, [])

    def bare() -> None:
        digest = hashlib.sha256(document).digest()
        value = key.sign(digest, padding.PKCS1v15(), hashes.SHA256())
        public.verify(value, digest, padding.PKCS1v15(), hashes.SHA256())

    mine, library = in_turn(ours, limit, RUNS)
    found = result(
        "pdf_sign",
        "在已有两个签名的 PDF 上再签一个：准备、组装、嵌入、附证据",
        "pyHanko 自己一步签名，附同样的证据",
        mine,
        library,
    )
    found.notes["裸的密码运算"] = min(timed(bare) for _ in range(RUNS))
    signed, by = ours(), cast.circumstances("rsa", "p256", "dual")
    start = time.perf_counter()
    report = pdf_reading.judge_pdf(signed, by)
    found.notes["核验三个签名"] = time.perf_counter() - start
    found.notes["结论"] = report.verdict.value
    found.notes["文件字节"] = len(signed)
    return found
