"""``bidtool signature verify``: judge any signed PDF, CMS or GB/T 35275 file, step by step, off line."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from bidtool.files import read_bytes, read_json, write_json, writing
from bidtool.output import VERIFICATION_FAILED, Output, json_option, output_of
from ca_interop import isolated
from ca_interop.rules import revocation, trust_list
from ca_interop.rules.certificates import display_name, fingerprint, load_certificate
from ca_interop.rules.profiles import GENERIC
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence
from ca_interop.rules.signatures import making
from ca_interop.rules.signatures.checking import digest
from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.signatures.pdf_reading import MAX_PDF
from ca_interop.rules.signatures.report import Verdict, lines
from ca_interop.rules.trust_list import Authority, TrustList
from ca_interop.stamping import stamp
from kernel.clock import parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import statements
from sealing.signer import Signer

NO_TRUST = ReasonForm(
    "signature.no_trust",
    zh="请用 --trust-list 给出信任列表，或用 --anchor 给出根证书",
    en="give a trust list with --trust-list or root certificates with --anchor",
    kind=Kind.MALFORMED,
)
BAD_TIME = ReasonForm(
    "signature.bad_time",
    zh="--at 应为带时区的时间，例如 2026-06-01T14:00:00+08:00",
    en="--at must be a time with its zone, like 2026-06-01T14:00:00+08:00",
    kind=Kind.MALFORMED,
)
OTHER_PUBLISHER = ReasonForm(
    "signature.other_publisher",
    zh="信任列表的发布者是 {found}，不是 --publisher 指定的 {wanted}",
    en="the trust list was published by {found}, not by {wanted}",
)
_LARGEST = 20 * 1024 * 1024
_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def signature() -> None:
    """核验签名文件（PDF、CMS、GB/T 35275）。Verify signed files."""


@signature.command()
@click.argument("file", type=_file)
@click.option("--content", type=_file, help="分离式签名所签的文件 / the file a detached signature is over")
@click.option(
    "--trust-list", "trust", type=_file, help="信任列表（签名的 JSON，公开档案中有） / signed trust list"
)
@click.option(
    "--publisher", default="", metavar="HEX", help="信任列表发布者证书的指纹 / the list's publisher"
)
@click.option(
    "--anchor", "anchors", type=_file, multiple=True, help="根证书，可多次 / trusted root, repeatable"
)
@click.option(
    "--evidence", type=_file, multiple=True, help="吊销列表或 OCSP 应答，可多次 / CRL or OCSP answer"
)
@click.option(
    "--at", "moment", default="", metavar="TIME", help="已知的签名时间；缺省为现在 / known time of signing"
)
@click.option("--report", "target", type=_file, help="把核验报告写成 JSON / write the report as JSON")
@click.option("--english", is_flag=True, help="英文报告 / the report in English")
@json_option
@click.pass_context
def verify(
    ctx: click.Context, file: Path, content: Path | None, trust: Path | None, publisher: str, anchors: tuple[Path, ...],
    evidence: tuple[Path, ...], moment: str, target: Path | None, english: bool,
) -> int:  # fmt: skip
    """逐步核验：覆盖范围、签名后的改动、内容、时间、证书链与吊销；不联网。

    \b
    Step by step: coverage, later changes, integrity, time, chain and revocation; off line.
    退出码 exit codes: 0 有效 valid · 1 无效 invalid, 或不能确定 or undecided · 2 文件不合格 malformed
    """
    output = output_of(ctx)
    by = Circumstances(
        _trust(trust, publisher.lower(), anchors), _time(moment), bool(moment), _evidence(evidence)
    )
    data = read_bytes(file, MAX_PDF)
    report = isolated.judge(data, read_bytes(content, MAX_PDF) if content else None, by)
    if target is not None:
        write_json(target, report)
    for line in lines(report, "en" if english else "zh"):
        output.say(line)
    output.result({"ok": report["verdict"] == Verdict.VALID, **report})
    return 0 if report["verdict"] == Verdict.VALID else VERIFICATION_FAILED


def _time(text: str) -> datetime:
    try:
        return parse_iso(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise Refused(BAD_TIME()) from error


def _trust(path: Path | None, publisher: str, anchors: tuple[Path, ...]) -> TrustList:
    """The signed list, or one made of the given roots; whose roots are trusted is the user's word."""
    if path is not None:
        signed = read_json(path)
        said = statements.verify(signed, purpose=trust_list.PURPOSE)
        signer = fingerprint(said.leaf) if said.leaf is not None else ""
        if publisher and publisher != signer:
            raise Refused(OTHER_PUBLISHER(found=signer, wanted=publisher))
        return trust_list.read_signed(signed, frozenset({signer}))
    if not anchors:
        raise Refused(NO_TRUST())
    start = datetime(1970, 1, 1, tzinfo=UTC)
    rows = tuple(_authority(load_certificate(read_bytes(p, 1 << 16)), start) for p in anchors)
    return TrustList(1, "--anchor", start, start, tuple({row.id: row for row in rows}.values()))


def _authority(root: x509.Certificate, start: datetime) -> Authority:
    return Authority(fingerprint(root), display_name(root), GENERIC, (root,), (), (), (), start)


def _evidence(paths: tuple[Path, ...]) -> RevocationEvidence:
    crls: list[bytes] = []
    answers: list[OcspAnswer] = []
    for path in paths:
        data = read_bytes(path, _LARGEST)
        try:
            revocation.read_crl(data)
            crls.append(data)
        except Refused:
            answers.append(OcspAnswer(data))
            revocation.read_ocsp(answers[-1])
    return RevocationEvidence(tuple(crls), tuple(answers))


def sign_file(
    output: Output, signer: Signer, source: Path, target: Path | None, *, enclosed: bool, tsa: str
) -> None:
    """Sign a file as it is: CMS with CAdES attributes, GB/T 35275 for an SM2 key. Written beside it as
    ``FILE.p7s`` (detached) or ``FILE.p7m`` (the content inside)."""
    content = read_bytes(source, MAX_PDF)
    how = making.plan(signer.chain, signer.alg)
    signed = making.attributes(how, digest(how.algorithm.hash, content), datetime.now(UTC))
    value = signer.sign(signed)
    token = stamp(tsa, value, hash_name=how.algorithm.hash, timeout=20.0) if tsa else None
    made = making.assemble(how, signed, value, content=content if enclosed else None, timestamp=token)
    where = target or source.with_name(source.name + (".p7m" if enclosed else ".p7s"))
    with writing(where) as out:
        out.write(made)
    kind = "GB/T 35275" if how.kind == "gbt35275" else "CMS"
    output.say(f"已签名（{kind}，{how.algorithm}{'，有时间戳' if token else ''}）：{where}")
    sha256 = hashlib.sha256(content).hexdigest()
    output.result({"ok": True, "signed": str(where), "kind": how.kind, "algorithm": str(how.algorithm),
                   "content_sha256": sha256, "timestamp": token is not None})  # fmt: skip
