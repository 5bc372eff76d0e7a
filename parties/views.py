"""Pages: login, registration, own certificates, and the center's page of organizations and roles."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kernel.actor import ROLE_ZH, Actor, Role
from kernel.errors import Kind, Reason, Refused
from parties import external, forms, login, member_pages, policy, queries, signing
from parties.commands import GrantRole
from parties.rules.accounts import REGISTRATION_ZH
from portal import problems
from portal.doors import actor_of, key_of, signed_in, submit


def next_of(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/desk/"
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else "/desk/"


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            login.sign_in(request, signing.posted(request), via="http")
            return redirect(next_of(request))
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    return login_page(request, reasons, status)


def login_page(request: HttpRequest, reasons: tuple[Reason, ...] = (), status: int = 200) -> HttpResponse:
    """All ways in, and why the one that was tried did not lead in."""
    context = {
        "reasons": reasons,
        "next": next_of(request),
        "unknown": any(r.code == queries.NO_CERTIFICATE.code for r in reasons),
        "ways": external.ways(),
        "statement": login.new_challenge()["statement"],
    }
    response = render(request, "parties/login.html", context, status=status)
    if status == problems.STATUS[Kind.BUSY]:
        response["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
    return response


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
                signing.posted(request),
                role=form.cleaned_data["role"],
                person_name=form.cleaned_data["person_name"],
                renews=form.cleaned_data["renews"],
                via="http",
            )
            if done.result.get("waiting"):
                return render(request, "parties/waiting.html", {"said": done.result}, status=202)
            if done.result["requested"]:
                word = ROLE_ZH[Role(done.result["requested"])]
                messages.success(
                    request, f"已登记。「{word}」身份要由交易中心核实后授权，结果会出现在工作台。"
                )
            else:
                messages.success(request, "已登记，并已登录。")
            return redirect(next_of(request))
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {"form": form, "reasons": reasons, "statement": login.new_challenge()["statement"]}
    return render(request, "parties/register.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        elsewhere = external.logout_url(request.session)
        login.close_session(request)
        if elsewhere:
            return render(request, "parties/logged_out.html", elsewhere)
        return redirect("/")
    return render(request, "parties/logout.html", {"person": actor_of(request)})


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
    context = {
        "requests": queries.waiting_requests(),
        "waiting": queries.requests_for(actor_of(request)),
        "page": page,
        "q": wanted,
        "key": uuid.uuid4(),
    }
    return render(request, "parties/organizations.html", context)


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The center's desk for people who act in their own name, or for several organizations: by their name."""
    actor = _center(request)
    reasons: tuple[Reason, ...] = ()
    status = 200
    wanted = request.GET.get("q", "")[:100]
    if request.method == "POST":
        try:
            member_pages.do(request)
            return redirect(request.get_full_path())
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {
        "q": wanted,
        "rows": member_pages.certificate_rows(actor, queries.people(wanted)),
        "waiting": member_pages.with_candidates(queries.requests_for(actor).filter(organization=None)),
        "reasons": reasons,
        "key": uuid.uuid4(),
    }
    return render(request, "parties/people_search.html", context, status=status)


@require_http_methods(["GET", "POST"])
def organization(request: HttpRequest, key: str) -> HttpResponse:
    """One organization: its people, their roles and certificates."""
    _center(request)
    row = queries.organization(key)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        if not request.POST.get("act"):
            return _grant(request, "organization", key=str(row.id))
        try:
            if request.POST["act"] == "look_up":
                _look_up(request, str(row.id))
            else:
                member_pages.do(request)
            return redirect("organization", key=str(row.id))
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = member_pages.organization_context(actor_of(request), row)
    context |= {
        "roles": forms.ROLE_CHOICES,
        "reasons": reasons,
        "register": settings.LEGAL_PERSON_REGISTER,
    }
    return render(request, "parties/organization.html", context, status=status)


def _look_up(request: HttpRequest, organization: str) -> None:
    done = external.look_up(actor_of(request), organization, key_of(request))
    word = REGISTRATION_ZH.get(done.result["status"], done.result["status"])
    messages.success(request, f"登记机关答复：{done.result['name'] or '—'}，{word}。")


def _grant(request: HttpRequest, back: str, **where: str) -> HttpResponse:
    form = forms.GrantForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        submit(request, GrantRole(given["person"], given["role"], given["organization"]))
        messages.success(request, f"已授予「{ROLE_ZH[Role(given['role'])]}」身份。")
    return redirect(back, **where)
