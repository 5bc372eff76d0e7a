"""Pages about certificates and people: a person's own, an organization's for its administrator, and the acts
on one of them, which the trading center's desk does on the same forms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ca_interop.rules.certificates import to_base64
from journal import clock
from journal.door import Command
from kernel.actor import Actor
from kernel.errors import Kind, Reason, ReasonForm, Refused
from parties import external, forms, login, policy, queries, signing
from parties.commands import (
    BlockCertificate,
    ConfirmCertificate,
    DeclineCertificate,
    EndRole,
    HandOverAdministration,
    LiftBlock,
    RetireCertificate,
    UnlinkAccount,
)
from parties.models import CertificateRequest
from portal import problems
from portal.doors import key_of, signed_in, submit

MAX_UPLOAD = 64 * 1024

UNKNOWN_ACT = ReasonForm(
    "request.unknown_act",
    zh="这一页没有「{act}」这项办理",
    en="this page knows no act {act}",
    kind=Kind.MALFORMED,
)
NO_ORGANIZATION = ReasonForm(
    "organization.not_acting_for_one",
    zh="您现在不代表任何单位",
    en="you act for no organization now",
    kind=Kind.FORBIDDEN,
)


def _text(posted: QueryDict, name: str, limit: int = 250) -> str:
    return posted.get(name, "")[:limit]


def _build(act: str, posted: QueryDict) -> tuple[Command, str]:
    """The command of a form on these pages, and what to say when it is done."""
    certificate, reason = _text(posted, "certificate", 64), _text(posted, "reason")
    asked, whose = _text(posted, "request", 60), _text(posted, "whose", 60)
    builders: dict[str, Callable[[], tuple[Command, str]]] = {
        "block": lambda: (
            BlockCertificate(certificate, reason),
            "已挂失。这张证书从现在起不能登录、签名，已打开的页面和房间也已断开；也请通知签发机构吊销。",
        ),
        "lift": lambda: (LiftBlock(certificate, reason), "已解除挂失，可以重新登录使用。"),
        "retire": lambda: (RetireCertificate(certificate, reason), "已停用。身份和权利不受影响。"),
        "confirm": lambda: (
            ConfirmCertificate(asked, reason, whose == "new", "" if whose == "new" else whose),
            "已确认，新证书可以登录使用。",
        ),
        "decline": lambda: (DeclineCertificate(asked, reason), "已拒绝这张证书的申请。"),
        "unlink": lambda: (UnlinkAccount(_text(posted, "account", 60)), "已解除绑定。"),
        "end": lambda: (EndRole(_text(posted, "membership", 60), reason), "身份已结束，其会话已断开。"),
        "hand_over": lambda: (
            HandOverAdministration(_text(posted, "organization", 60), _text(posted, "person", 60), reason),
            "管理员已移交。",
        ),
    }
    if act not in builders:
        raise Refused(UNKNOWN_ACT(act=act[:40]))
    return builders[act]()


def do(request: HttpRequest) -> None:
    """Perform the posted act of these pages and say that it is done. ``Refused`` passes through."""
    command, words = _build(request.POST.get("act", ""), request.POST)
    submit(request, command)
    messages.success(request, words)


_TONES = {"danger": "danger", "action": "attention"}


def certificate_rows(actor: Actor, rows: Any) -> list[dict[str, Any]]:
    """Certificates with what may be done with each, and when their end is near, as the templates take them."""
    out: list[dict[str, Any]] = []
    for one in queries.standings(rows, actor, clock.now()):
        out.append({"row": one.row, "moves": one.moves, "warning": one.warning})
        if one.warning is not None:
            left, tone = one.warning
            out[-1] |= {"warning_word": f"还有 {left} 天到期", "warning_tone": _TONES.get(tone, "waiting")}
    return out


def with_candidates(rows: Iterable[CertificateRequest]) -> list[dict[str, Any]]:
    """New certificates with the people of that name whose they may be."""
    return [{"row": row, "people": queries.namesakes(row.person.name, row.organization)} for row in rows]


@never_cache
@require_http_methods(["GET", "POST"])
def certificates(request: HttpRequest) -> HttpResponse:
    """A person's own certificates and other ways in."""
    actor = signed_in(request)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return _own_act(request, actor)
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {
        "rows": certificate_rows(actor, queries.certificates_of(actor)),
        "waiting": with_candidates(queries.requests_for(actor).filter(person_id=actor.person)),
        "accounts": [(row, external.name_of(row.provider)) for row in queries.accounts_of(actor)],
        "ways": external.ways(),
        "mine": login.certificate_of_session(request.session),
        "reasons": reasons,
        "encryption": forms.EncryptionForm(),
        "statement": login.new_challenge()["statement"],
        "key": uuid.uuid4(),
    }
    return render(request, "parties/certificates.html", context, status=status)


def _own_act(request: HttpRequest, actor: Actor) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == "encryption":
        upload = request.FILES.get("certificate")
        if upload is None or upload.size is None or upload.size > MAX_UPLOAD:
            raise Refused(signing.NO_PEM())
        chain = signing.read_certificates(upload.read().decode("ascii", errors="replace"))
        login.bind_encryption(actor, [to_base64(c) for c in chain], via="http", key=key_of(request))
        messages.success(request, "加密证书已登记。")
    elif act == "bind":
        login.bind(actor, signing.posted(request), via="http", key=key_of(request))
        messages.success(request, "证书已登记，可以用它登录。")
    else:
        do(request)
    return redirect("certificates")


@never_cache
@require_http_methods(["GET", "POST"])
def own_organization(request: HttpRequest) -> HttpResponse:
    """The people and certificates of one's own organization; its administrator acts here."""
    actor = signed_in(request)
    if not actor.organization:
        raise Refused(NO_ORGANIZATION())
    organization = queries.organization(actor.organization)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            do(request)
            return redirect("own_organization")
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = organization_context(actor, organization) | {"reasons": reasons}
    return render(request, "parties/own_organization.html", context, status=status)


def organization_context(actor: Actor, organization: Any) -> dict[str, Any]:
    """What both pages of an organization show: its administrator's and the trading center's."""
    bindings = organization.certificates.select_related("person", "organization")
    bindings = bindings.order_by("person__name", "bound_at")
    people = list({b.person_id: b.person for b in bindings}.values())
    chief = queries.administrator(organization)
    return {
        "organization": organization,
        "memberships": queries.memberships_of(organization),
        "rows": certificate_rows(actor, bindings),
        "waiting": with_candidates(queries.requests_for(actor).filter(organization=organization)),
        "administrator": chief,
        "administers": policy.may_hand_over(actor, organization) is None,
        "people": people,
        "heirs": [person for person in people if chief is None or person.id != chief.id],
        "key": uuid.uuid4(),
    }
