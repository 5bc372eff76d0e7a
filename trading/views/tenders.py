"""Pages of the host and of bidders: own tenders, the draft by sections, the work page with its acts."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journal import clock
from kernel.actor import Role
from kernel.errors import Reason, Refused
from portal import problems
from portal.doors import actor_of, signed_in, submit
from sealing.suites import Suite
from sealing.suites import suite as suite_by_number
from trading import forms
from trading.commands import CreateProject, CreateTender, EditTender, SetCustodians
from trading.custodians import examined
from trading.models import Tender
from trading.policy.tenders import NO_TENDER, hosts
from trading.queries import tenders as queries
from trading.queries.suites import suite_of
from trading.rules.draft import USUAL_REQUIREMENTS
from trading.views import acts, method, work

SECTIONS = {
    "notice": ("名称与公告", forms.NoticeForm),
    "lots": ("标段", forms.LotForm),
    "schedule": ("时间安排", forms.ScheduleForm),
    "terms": ("投标有效期与解密", forms.TermsForm),
    "evaluation_method": ("评标办法", forms.MethodForm),
    "evaluation_method_json": ("评标办法（JSON）", forms.MethodForm),
    "requirements": ("投标文件组成", forms.RequirementsForm),
    "custodians": ("密钥托管单位", forms.CustodiansForm),
}
_Lots = django_forms.formset_factory(forms.LotForm, extra=1, max_num=50, can_delete=True)


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Own side's projects and tenders; for a bidder the tenders whose documents it took."""
    actor = signed_in(request)
    context = {
        "projects": queries.hosted_projects(actor)[:200],
        "hosted": queries.hosted_tenders(actor)[:200],
        "taken": queries.taken_tenders(actor)[:200],
        "may_create": actor.has(Role.PROCURING_ENTITY),
        "now": clock.now(),
    }
    return render(request, "trading/tenders.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    signed_in(request)
    form = forms.ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, CreateProject(**form.cleaned_data))
            return redirect("tenders")
        except Refused as refusal:
            return _form(request, form, "立项", refusal.reasons)
    return _form(request, form, "立项")


@never_cache
@require_http_methods(["GET", "POST"])
def new_tender(request: HttpRequest) -> HttpResponse:
    projects = queries.hosted_projects(signed_in(request))
    form = forms.TenderForm(request.POST or None, projects=projects)
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, CreateTender(**form.cleaned_data))
            return redirect("tender", number=form.cleaned_data["number"])
        except Refused as refusal:
            return _form(request, form, "新建招标", refusal.reasons)
    return _form(request, form, "新建招标")


def _form(
    request: HttpRequest, form: Any, title: str, reasons: tuple[Reason, ...] = (), **more: Any
) -> HttpResponse:
    status = problems.STATUS[reasons[0].kind] if reasons else 422 if form.errors and form.is_bound else 200
    context = {"form": form, "title": title, "reasons": reasons, "key": acts.new_key(), **more}
    return render(request, "trading/form.html", context, status=status)


@never_cache
@require_safe
def tender(request: HttpRequest, number: str) -> HttpResponse:
    """The work page: the next act first, then time, documents, enquiries, lots."""
    row = queries.seen(actor_of(request), number)
    return work.page(request, row)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: str, section: str) -> HttpResponse:
    """One section of a draft on one page."""
    actor = signed_in(request)
    row = queries.seen(actor, number)
    if section not in SECTIONS or not hosts(actor, row.project):
        raise Refused(NO_TENDER(number=number[:60]))
    if section == "evaluation_method":
        return method.edit(request, row)
    title, kind = SECTIONS[section]
    maker: Any = _Lots if section == "lots" else kind
    form = maker(request.POST) if request.method == "POST" else maker(initial=_initial(row, section))
    more = {"tender": row, "formset": form if section == "lots" else None}
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, _command(number, section, form))
            return redirect("tender", number=number)
        except Refused as refusal:
            return _form(request, form, title, refusal.reasons, **more)
    return _form(request, form, title, **more)


def _command(number: str, section: str, form: Any) -> EditTender | SetCustodians:
    if section == "custodians":
        said = form.cleaned_data
        rows = [{"organization": line.strip()} for line in said["organizations"].splitlines() if line.strip()]
        return SetCustodians(number, said["threshold"], examined(rows, clock.now(), _suite(said["suite"])))
    if section == "lots":
        kept = [one.cleaned_data for one in form if one.cleaned_data and not one.cleaned_data.get("DELETE")]
        rows = [{name: row[name] for name in forms.LotForm.base_fields} for row in kept]
        return EditTender(number, {"lots": rows})
    if section in ("schedule", "terms"):
        return EditTender(number, {section: form.cleaned_data})
    return EditTender(number, form.cleaned_data)


def _suite(chosen: str) -> Suite | None:
    return suite_by_number(int(chosen)) if chosen else None


def _initial(row: Tender, section: str) -> Any:
    if section == "lots":
        names = ("name", "scope", "estimate", "ceiling_price", "bond_amount", "duration_days", "scheme")
        return [{name: getattr(lot, name) for name in names} for lot in row.lots.all()]
    if section == "custodians":
        codes = row.custodians.select_related("organization").values_list(
            "organization__credit_code", flat=True
        )
        suite = str(suite_of(row).number) if codes.exists() else ""
        return {"threshold": row.share_threshold, "organizations": "\n".join(codes), "suite": suite}
    kept = {name: getattr(row, name) for name in SECTIONS[section][1].base_fields}
    if section == "requirements" and not row.requirements:
        kept["requirements"] = list(USUAL_REQUIREMENTS)
    return kept


@never_cache
@require_POST
def act(request: HttpRequest, number: str, verb: str, lot: str = "") -> HttpResponse:
    """A form of the work page. A refusal shows the page again with what was typed and why not."""
    signed_in(request)
    row = queries.seen(actor_of(request), number)
    return acts.carry_out(request, row, verb, lot)
