"""Pages: guarantees of a tender, one guarantee with its release and demand, the list of issuers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from documents.serving import serve
from guarantees import demanding, forms, policy, queries
from guarantees.commands import DemandGuarantee, EndIssuer, LicenseIssuer, ReleaseGuarantee
from guarantees.models import Guarantee
from guarantees.rules.moves import GuaranteeStatus
from guarantees.rules.words import say_reason, state_of
from journal import clock
from kernel.actor import Actor
from kernel.clock import beijing
from kernel.errors import Reason, Refused
from kernel.guarantee_terms import GROUNDS
from parties import signing
from portal import problems
from portal.doors import actor_of, signed_in, submit

_BENEFICIARY_MAY = frozenset({GuaranteeStatus.VALID})
#: What the badge of the verdict already says.
_JUDGED = frozenset({GuaranteeStatus.PRESENTED, GuaranteeStatus.VALID, GuaranteeStatus.REFUSED})
_MAY_RELEASE = _JUDGED | {GuaranteeStatus.DEMANDED}


@never_cache
@require_GET
def guarantees(request: HttpRequest) -> HttpResponse:
    actor = signed_in(request)
    tender = request.GET.get("tender", "")
    page = Paginator(queries.guarantees_for(actor, tender), 50).get_page(request.GET.get("page"))
    rows = [
        {"row": row, "state": state_of(GuaranteeStatus(row.status), bool(row.reasons)), "say": queries.say_of(row)}
        for row in page
    ]  # fmt: skip
    context = {"page": page, "rows": rows, "tender": tender, "keeps_issuers": policy.may_keep_issuers(actor, None) is None}  # fmt: skip
    return render(request, "guarantees/guarantees.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def guarantee(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    actor = signed_in(request)
    row = queries.seen(actor, key)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return _act(request, row)
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = _facts_of(row) | _moves_of(request, actor, row) | {"reasons": reasons, "key": uuid.uuid4()}
    return render(request, "guarantees/guarantee.html", context, status=status)


def _act(request: HttpRequest, row: Guarantee) -> HttpResponse:
    """Release, or a signed demand."""
    if request.POST.get("act") == "demand":
        statement = signing.statement_of(request.POST.get("statement", ""))
        signed = demanding.check(row, signing.read_signed(request, statement), clock.now())
        submit(request, DemandGuarantee(str(row.pk), signed))
        messages.success(request, "已索赔，声明已转开立机构。")
    else:
        submit(request, ReleaseGuarantee(str(row.pk), request.POST.get("ground", "")))
        messages.success(request, "已退还，正在通知开立机构。")
    return redirect("guarantee", key=row.pk)


def _facts_of(row: Guarantee) -> dict[str, Any]:
    lot = row.bid.lot
    facts = [
        ("招标、标段", f"{lot.tender.number} {lot.name}"),
        ("投标人", f"{row.bid.bidder_name}（{row.bid.bidder_credit_code}）"),
        ("保函编号", row.number or "—"),
        ("开立人", f"{row.issuer_name}（{row.issuer_credit_code}）" if row.issuer_name else "—"),
        ("有效期", f"{row.valid_from} 至 {row.valid_until}" if row.valid_until else "—"),
        ("核验时间", beijing(row.checked_at) if row.checked_at else "尚未核验"),
    ]
    if row.released_at:
        facts.append(("退还", f"{beijing(row.released_at)}，{row.release_ground}"))
    if row.demanded_at:
        facts.append(
            ("索赔", f"{beijing(row.demanded_at)}，{GROUNDS.get(row.demand_ground, row.demand_ground)}")
        )
    if row.issuer_answer:
        facts.append(("开立机构答复", row.issuer_answer))
    state = state_of(GuaranteeStatus(row.status), bool(row.reasons))
    lines = [say_reason(reason) for reason in row.reasons]
    ended = row.status not in _JUDGED
    return {
        "row": row,
        "facts": facts,
        "state": state,
        "lines": lines,
        "ended": ended,
        "say": queries.say_of(row),
    }


def _moves_of(request: HttpRequest, actor: Actor, row: Guarantee) -> dict[str, Any]:
    """The forms of what this actor may do now; a demand is written first and signed then."""
    out: dict[str, Any] = {}
    if row.status in _MAY_RELEASE and policy.may_release(actor, row) is None:
        out["release"] = forms.ReleaseForm()
    if row.status in _BENEFICIARY_MAY and policy.may_demand(actor, row) is None:
        asked = "ground" in request.GET
        form = forms.DemandForm(request.GET if asked else None, initial={"amount": row.amount})
        out["demand"] = form
        if asked and form.is_valid():
            said = form.cleaned_data
            out["statement"] = demanding.statement_for(
                row, said["ground"], said["amount"], said["explanation"], clock.now()
            )
    return out


@never_cache
@require_GET
def pdf(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    row = queries.seen(signed_in(request), key)
    if row.pdf is None:
        raise Refused(queries.NO_GUARANTEE())
    return serve(request, row.pdf, f"投标保函-{row.bid.bidder_name}.pdf", inline=True)


@never_cache
@require_http_methods(["GET", "POST"])
def issuers(request: HttpRequest) -> HttpResponse:
    """Everybody may read the list; the center keeps it."""
    keeps = policy.may_keep_issuers(actor_of(request), None) is None
    reasons: tuple[Reason, ...] = ()
    status = 200
    ending = request.method == "POST" and request.POST.get("act") == "end"
    form = forms.IssuerForm(request.POST if request.method == "POST" and not ending else None)
    if request.method == "POST":
        signed_in(request)
        try:
            if ending:
                submit(
                    request, EndIssuer(request.POST.get("credit_code", ""), request.POST.get("reason", ""))
                )
                messages.success(request, "已移出名单。")
                return redirect("guarantee-issuers")
            if form.is_valid():
                submit(request, LicenseIssuer(**form.cleaned_data))
                messages.success(request, "已列入名单。")
                return redirect("guarantee-issuers")
            status = 422
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {"rows": queries.issuers(), "form": form, "keeps": keeps, "reasons": reasons, "key": uuid.uuid4()}  # fmt: skip
    return render(request, "guarantees/issuers.html", context, status=status)
