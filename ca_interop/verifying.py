"""/verify/signature/: anybody's signed file, judged step by step. Nothing of it is kept, but what authorities
answered about its certificates is, as for any other check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from ca_interop import isolated, queries
from ca_interop.rules.certificates import load_chain
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence, read_ocsp
from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.signatures.reasons import NO_FILE, TOO_LARGE
from ca_interop.rules.signatures.report import PARTS, VERDICT_WORDS, Verdict
from ca_interop.rules.validation import Purpose, RevocationPolicy
from ca_interop.service import check_chain
from journal import clock
from kernel.clock import parse_iso
from kernel.errors import Reason, Refused
from portal import problems

MOST = 20 * 1024 * 1024
TONES = {Verdict.VALID: "done", Verdict.UNDECIDED: "attention", Verdict.INVALID: "danger"}
MARKS = {"passed": "✓ 通过", "failed": "✗ 不通过", "undecided": "? 不能确定", "note": "· 说明"}


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form, and below it the report on what was sent."""
    if request.method == "GET":
        return _shown(request, None)
    try:
        return _shown(request, report_on(*_files(request)))
    except Refused as refusal:
        return _shown(request, None, refusal.reasons, problems.STATUS[refusal.kind])


@csrf_exempt
@require_POST
def api(request: HttpRequest) -> HttpResponse:
    """``POST /api/v1/signature-reports`` (multipart: ``file``, ``content``) → the report as JSON. Changes nothing,
    so no token is asked for."""
    try:
        return JsonResponse(report_on(*_files(request)), json_dumps_params={"ensure_ascii": False})
    except Refused as refusal:
        return problems.respond(request, refusal)


def _files(request: HttpRequest) -> tuple[bytes, bytes | None]:
    """What was sent: the signed file, and the content of a detached signature."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST:
        raise Refused(TOO_LARGE(what="文件", size=length[:20], limit=MOST))
    file, content = request.FILES.get("file"), request.FILES.get("content")
    if file is None or not file.size:
        raise Refused(NO_FILE())
    size = file.size + ((content.size or 0) if content is not None else 0)
    if size > MOST:  # a body without a length
        raise Refused(TOO_LARGE(what="文件", size=size, limit=MOST))
    return file.read(), content.read() if content is not None and content.size else None


def report_on(data: bytes, content: bytes | None) -> dict[str, Any]:
    """The report by the trust list in force. A signature whose certificate's standing the file does not prove is
    judged once more with what its authority says now; only addresses of the trust list are asked."""
    now = clock.now()
    by = Circumstances(queries.trust_list(now), now)
    report = isolated.judge(data, content, by)
    evidence = _asked(report)
    if not evidence.crls and not evidence.ocsp:
        return report
    return isolated.judge(data, content, Circumstances(by.trust, now, False, evidence))


def _asked(report: dict[str, Any]) -> RevocationEvidence:
    crls: dict[bytes, None] = {}
    answers: dict[bytes, None] = {}
    for one in report["signatures"]:
        undecided = one["verdict"] == Verdict.UNDECIDED and one["certificates"]
        for der in _documents(one) if undecided else ():
            try:
                read_ocsp(OcspAnswer(der))
                answers[der] = None
            except Refused:
                crls[der] = None
    return RevocationEvidence(tuple(crls), tuple(OcspAnswer(der) for der in answers))


def _documents(one: dict[str, Any]) -> Iterator[bytes]:
    try:
        chain = load_chain(one["certificates"])
        at, soft = parse_iso(one["at"]), RevocationPolicy.SOFT
        # Nobody accepts anything here: a stranger's upload must leave no act that says so.
        found = check_chain(chain, Purpose.SIGN, at, policy=soft, accepts=False)
    except Refused:
        return  # the report says why already
    yield from (queries.evidence(sha256) for sha256 in found.revocation_sha256)


def _shown(
    request: HttpRequest, report: dict[str, Any] | None, reasons: tuple[Reason, ...] = (), status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"reasons": reasons, "report": report, "most": MOST // 1024 // 1024}
    if report is not None:
        context |= {
            "verdict": VERDICT_WORDS[Verdict(report["verdict"])][0],
            "tone": TONES[Verdict(report["verdict"])],
            "signatures": [_signature(one) for one in report["signatures"]],
        }
    return render(request, "ca_interop/signature.html", context, status=status)


def _signature(one: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {
            "zh": zh,
            "en": en,
            "steps": [{**s, "mark": MARKS[s["result"]]} for s in one["steps"] if s["part"] == part],
        }
        for part, (zh, en) in PARTS.items()
    ]
    verdict = Verdict(one["verdict"])
    return {
        **one,
        "word": VERDICT_WORDS[verdict][0],
        "tone": TONES[verdict],
        "when": parse_iso(one["at"]),
        "parts": [part for part in parts if part["steps"]],
        "facts": [
            ("签名人", one["organization"] or one["signer"]),
            ("统一社会信用代码", one["credit_code"] or "—"),
            ("经办人", one["person"] or "—"),
            ("签发机构", one["authority"] or "—"),
            ("算法", one["algorithm"]),
        ],
    }
