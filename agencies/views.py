"""Pages of the marketplace: for the public, agencies, clients and the center."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agencies import commands, doors, forms, policy, queries
from agencies.models import Assignment
from agencies.rules.moves import ASSIGNMENT, AssignmentStatus
from documents import store
from documents.serving import serve
from journal import clock
from journal.door import Command
from kernel.actor import Actor, Role
from kernel.clock import BEIJING, iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from parties.signing import read_signed
from portal import problems
from portal.doors import actor_of, signed_in, submit

MAX_CONTRACT = 50 * 1024 * 1024
NO_CONTRACT = ReasonForm(
    "contract.not_filed", zh="合同还没有备案", en="no contract has been filed", kind=Kind.NOT_FOUND
)
BAD_CONTRACT = ReasonForm(
    "contract.too_large",
    zh="请选择不超过 50 MB 的 PDF 合同",
    en="choose a PDF of at most 50 MB",
    field="contract",
)


def _choices() -> list[tuple[str, str]]:
    return [(item.code, item.name) for item in queries.items()]


def market(request: HttpRequest) -> HttpResponse:
    """中介超市: assignments, agencies, items; for the center also a form for items."""
    actor = actor_of(request)
    form, reasons = forms.ItemForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, commands.DefineItem(**form.cleaned_data))
            messages.success(request, "服务事项已设立。")
            return redirect("agencies")
        except Refused as refusal:
            reasons = refusal.reasons
    context = {
        "page": Paginator(queries.assignments(), 30).get_page(request.GET.get("page")),
        "admitted": queries.admitted(),
        "items": queries.items(),
        "form": form if actor.has(Role.TRADING_CENTER) else None,
        "reasons": reasons,
        "client": actor.has(Role.PROCURING_ENTITY),
        "agency": actor.has(Role.AGENCY),
        "key": uuid.uuid4(),
    }
    return render(request, "agencies/market.html", context, status=422 if reasons else 200)


@require_http_methods(["GET", "POST"])
def seek_admission(request: HttpRequest) -> HttpResponse:
    """Two steps: declare, then sign the commitment that was made of it."""
    actor = signed_in(request)
    if reason := policy.may_seek_admission(actor, None):
        raise Refused(reason)
    form = forms.AdmissionForm(request.POST or None, items=_choices())
    context: dict[str, Any] = {"form": form, "own": queries.own_admissions(actor), "reasons": ()}
    status = 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            statement = doors.admission_statement(actor, said["item"], said["head"], said["controllers"])
            context["statement"] = statement
            if "signature" in request.POST:
                signed = read_signed(request, statement)
                submit(request, doors.seek_admission(said["item"], said["head"], said["controllers"], said["qualification"], signed))  # fmt: skip
                messages.success(request, "入驻申请已提交，由交易中心核实。")
                return redirect("agency-admission")
        except Refused as refusal:
            context["reasons"], status = refusal.reasons, problems.STATUS[refusal.kind]
    return render(request, "agencies/admission.html", context, status=status)


@require_http_methods(["GET", "POST"])
def admissions(request: HttpRequest) -> HttpResponse:
    """The center decides who is admitted."""
    if reason := policy.may_run(signed_in(request), None):
        raise Refused(reason)
    if request.method == "POST":
        key = request.POST.get("admission", "")
        if request.POST.get("act") == "return":
            submit(request, commands.ReturnAdmission(key, request.POST.get("reason", "")[:300]))
            messages.success(request, "已退回。")
        else:
            submit(request, commands.AdmitAgency(key))
            messages.success(request, "已准予入驻。")
        return redirect("agency-admissions")
    context = {"rows": queries.waiting_admissions(), "key": uuid.uuid4()}
    return render(request, "agencies/admissions.html", context)


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """The client announces an assignment."""
    if reason := policy.may_publish(signed_in(request), None):
        raise Refused(reason)
    form = forms.AssignmentForm(request.POST or None, items=_choices())
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        closing = iso(said.pop("closing_at").astimezone(BEIJING))
        try:
            done = submit(request, commands.PublishAssignment(**said, closing_at=closing))
            messages.success(request, f"已发布，编号 {done.result['number']}。")
            return redirect("assignment", number=done.result["number"])
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {"form": form, "reasons": reasons, "key": uuid.uuid4()}
    return render(request, "agencies/publish.html", context, status=status)


@require_http_methods(["GET", "POST"])
def assignment(request: HttpRequest, number: str) -> HttpResponse:
    """One assignment, public; with the forms of whoever may act now."""
    row, actor = queries.assignment(number), actor_of(request)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            submit(request, _act(request, row))
            return redirect("assignment", number=number)
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
            row = queries.assignment(number)
    context = {
        "row": row,
        "record": queries.public_record(number),
        "draw": _ceremony(row),
        "reasons": reasons,
        "own": queries.own_application(actor, row),
        "key": uuid.uuid4(),
        **_forms(actor, row),
    }
    return render(request, "agencies/assignment.html", context, status=status)


def _act(request: HttpRequest, row: Assignment) -> Command:
    act = request.POST.get("act", "")
    if act == "contract":
        upload = request.FILES.get("contract")
        if upload is None or upload.size is None or upload.size > MAX_CONTRACT:
            raise Refused(BAD_CONTRACT())
        if reason := policy.may_file_contract(signed_in(request), row):
            raise Refused(reason)
        kind = "application/pdf" if upload.read(5) == b"%PDF-" else "application/octet-stream"
        upload.seek(0)
        kept = store.put(upload.file, name=upload.name or "contract.pdf", media_type=kind, now=clock.now())
        return commands.FileContract(row.number, kept.sha256, request.POST.get("amount", "").strip())
    text = request.POST.get("digest" if act == "commit" else "nonce", "").strip()[:100]
    if act == "commit":
        return commands.CommitDraw(row.number, text)
    if act == "reveal":
        return commands.RevealDraw(row.number, text)
    if act == "restart":
        return commands.RestartDraw(row.number)
    if act == "withdraw":
        return commands.WithdrawApplication(row.number)
    if act == "cancel":
        return commands.CancelAssignment(row.number, request.POST.get("reason", "")[:300])
    return commands.CloseSignUp(row.number)


def _forms(actor: Actor, row: Assignment) -> dict[str, Any]:
    """What this person may do now, as the machine's open moves and the policy say."""
    now, who = clock.now(), policy.party(actor, row)
    facts = row.facts(now)
    verbs = {m.verb for m in ASSIGNMENT.open_moves(AssignmentStatus(row.status), facts)}
    made = {c.who: c for c in queries.commitments(row)}
    mine = made.get(who)
    both = len(made) == 2
    shown: dict[str, Form | None] = {
        "commit": forms.CommitForm() if who and "commit" in verbs and mine is None else None,
        "reveal": forms.RevealForm() if both and "reveal" in verbs and mine and not mine.nonce else None,
        "cancel": forms.WhyForm() if "cancel" in verbs and policy.is_client(actor, row) else None,
        "contract": forms.ContractForm()
        if "file_contract" in verbs and policy.may_file_contract(actor, row) is None
        else None,
    }
    return {
        **{f"{name}_form": form for name, form in shown.items()},
        "party": who,
        "draw_name": queries.draw_name(row, row.round),
        "may_close": bool(who) and ({"close", "fail"} & verbs),
        "may_apply": "apply" in verbs and actor.has(Role.AGENCY),
        "may_restart": bool(who) and both and "restart" in verbs and bool(mine and mine.nonce),
        "now": now,
    }


def _ceremony(row: Assignment) -> dict[str, Any] | None:
    """The draw as ``{% draw_ceremony %}`` shows it; nothing before the pool is published."""
    if not row.pool_digest:
        return None
    names = {entry["credit_code"]: entry["name"] for entry in row.pool}
    return {
        "pool": {"size": len(row.pool), "recused": len(row.barred), "digest": row.pool_digest},
        "method": "两方承诺后公开随机数，按 HMAC-SHA256 排序",
        "seed": row.seed,
        "commitments": [
            {"who": queries.WHO_ZH[c.who], "digest": c.digest, "at": c.at, "revealed": bool(c.nonce)}
            for c in queries.commitments(row)
        ],
        "result": [
            {"place": place, "label": names[code], "note": "中选" if place == 1 else "候补"}
            for place, code in enumerate(row.order, start=1)
        ],
    }


@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, number: str) -> HttpResponse:
    """An agency applies: declares its interests, then signs the commitment."""
    actor, row = signed_in(request), queries.assignment(number)
    form = forms.InterestForm(request.POST or None)
    context: dict[str, Any] = {"row": row, "form": form, "reasons": (), "now": clock.now()}
    status = 200
    if request.method == "POST" and form.is_valid():
        interest = form.cleaned_data["interest"]
        try:
            statement = doors.application_statement(actor, number, interest)
            context["statement"], context["interest"] = statement, interest
            if "signature" in request.POST:
                submit(request, doors.apply(number, interest, read_signed(request, statement)))
                messages.success(request, "报名已收到。截止以前，除本单位外没有人能看到。")
                return redirect("assignment", number=number)
        except Refused as refusal:
            context["reasons"], status = refusal.reasons, problems.STATUS[refusal.kind]
    return render(request, "agencies/apply.html", context, status=status)


def contract(request: HttpRequest, number: str) -> HttpResponseBase:
    """The filed contract, for its parties and the center."""
    actor, row = signed_in(request), queries.assignment(number)
    if row.contract is None:
        raise Refused(NO_CONTRACT())
    if policy.may_file_contract(actor, row) and policy.may_run(actor, row):
        raise Refused(policy.ONLY_CONTRACTOR())
    return serve(request, row.contract, f"服务合同-{row.number}.pdf", inline=True)
