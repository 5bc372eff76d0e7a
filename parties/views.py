"""Pages: login, registration, own certificates, and the center's page of organizations and roles."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ca_interop.rules.certificates import to_base64
from kernel.actor import ROLE_ZH, Actor, Role
from kernel.errors import Reason, Refused
from parties import forms, login, policy, queries, signing
from parties.commands import BlockCertificate, EndRole, GrantRole
from portal import problems
from portal.doors import actor_of, key_of, signed_in, submit

MAX_UPLOAD = 64 * 1024


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/desk/"
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else "/desk/"


def _signed(request: HttpRequest) -> dict[str, Any]:
    """What a login form posts, put together; whether the challenge is ours is judged later."""
    statement = signing.statement_of(request.POST.get("statement", ""))
    return signing.read_signed(request, statement)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            login.sign_in(request, _signed(request), via="http")
            return redirect(_next(request))
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    unknown = any(r.code == queries.NO_CERTIFICATE.code for r in reasons)
    context = {"reasons": reasons, "next": _next(request), "unknown": unknown, "statement": login.new_challenge()["statement"]}  # fmt: skip
    return render(request, "parties/login.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    reasons: tuple[Reason, ...] = ()
    form = forms.RegisterForm(request.POST or None, initial={"role": request.GET.get("role", "")})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            done = login.register(
                request,
                _signed(request),
                role=form.cleaned_data["role"],
                person_name=form.cleaned_data["person_name"],
                via="http",
            )
            if done.result["requested"]:
                word = ROLE_ZH[Role(done.result["requested"])]
                messages.success(
                    request, f"已登记。「{word}」身份要由交易中心核实后授权，结果会出现在工作台。"
                )
            else:
                messages.success(request, "已登记，并已登录。")
            return redirect(_next(request))
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {"form": form, "reasons": reasons, "statement": login.new_challenge()["statement"]}
    return render(request, "parties/register.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        request.session.flush()
        return redirect("/")
    return render(request, "parties/logout.html", {"person": actor_of(request)})


@never_cache
@require_http_methods(["GET", "POST"])
def certificates(request: HttpRequest) -> HttpResponse:
    """A person's own certificates: register a further one, report a loss."""
    actor = signed_in(request)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            return _certificate_act(request, actor)
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    rows = list(queries.certificates_of(actor))
    context = {
        "rows": rows,
        "mine": login.certificate_of_session(request.session),
        "reasons": reasons,
        "loss": forms.BlockForm(),
        "encryption": forms.EncryptionForm(),
        "statement": login.new_challenge()["statement"],
        "key": uuid.uuid4(),
    }
    return render(request, "parties/certificates.html", context, status=status)


def _certificate_act(request: HttpRequest, actor: Actor) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == "block":
        form = forms.BlockForm(request.POST)
        if form.is_valid():
            submit(request, BlockCertificate(form.cleaned_data["certificate"], form.cleaned_data["reason"]))
            messages.success(request, "已挂失。这张证书不能再用于登录和签名；也请通知签发机构吊销。")
    elif act == "encryption":
        upload = request.FILES.get("certificate")
        if upload is None or upload.size is None or upload.size > MAX_UPLOAD:
            raise Refused(signing.NO_PEM())
        chain = signing.read_certificates(upload.read().decode("ascii", errors="replace"))
        login.bind_encryption(actor, [to_base64(c) for c in chain], via="http", key=key_of(request))
        messages.success(request, "加密证书已登记。")
    else:
        login.bind(actor, _signed(request), via="http", key=key_of(request))
        messages.success(request, "证书已登记，可以用它登录。")
    return redirect("certificates")


def _center(request: HttpRequest) -> Actor:
    actor = signed_in(request)
    if not actor.has(Role.TRADING_CENTER):
        raise Refused(policy.ONLY_CENTER())
    return actor


@require_http_methods(["GET", "POST"])
def organizations(request: HttpRequest) -> HttpResponse:
    """The center's page: requests that wait, and all organizations."""
    _center(request)
    if request.method == "POST":
        return _grant(request, "organizations")
    wanted = request.GET.get("q", "")[:100]
    page = Paginator(queries.search(wanted), 50).get_page(request.GET.get("page"))
    context = {"requests": queries.waiting_requests(), "page": page, "q": wanted, "key": uuid.uuid4()}
    return render(request, "parties/organizations.html", context)


@require_http_methods(["GET", "POST"])
def organization(request: HttpRequest, key: str) -> HttpResponse:
    """One organization: its people, their roles and certificates."""
    _center(request)
    row = queries.organization(key)
    if request.method == "POST":
        if request.POST.get("act") == "end":
            form = forms.EndForm(request.POST)
            if form.is_valid():
                submit(request, EndRole(form.cleaned_data["membership"], form.cleaned_data["reason"]))
                messages.success(request, "身份已结束。")
            return redirect("organization", key=str(row.id))
        return _grant(request, "organization", key=str(row.id))
    bindings = row.certificates.select_related("person").order_by("person__name", "bound_at")
    people = list({b.person_id: b.person for b in bindings}.values())
    context = {
        "organization": row,
        "memberships": queries.memberships_of(row),
        "bindings": bindings,
        "people": people,
        "roles": forms.ROLE_CHOICES,
        "key": uuid.uuid4(),
    }
    return render(request, "parties/organization.html", context)


def _grant(request: HttpRequest, back: str, **where: str) -> HttpResponse:
    form = forms.GrantForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        submit(request, GrantRole(given["person"], given["role"], given["organization"]))
        messages.success(request, f"已授予「{ROLE_ZH[Role(given['role'])]}」身份。")
    return redirect(back, **where)
