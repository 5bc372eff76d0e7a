"""The page of a draft's evaluation method."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from kernel.errors import Reason, Refused
from portal import problems
from portal.doors import submit
from trading import method_forms as forms
from trading.commands import EditTender
from trading.models import Tender
from trading.views import acts

MOST_ITEMS, MORE = 200, 3


def edit(request: HttpRequest, tender: Tender) -> HttpResponse:
    """A method that the forms can't keep whole goes to the JSON page instead of losing something."""
    if request.method != "POST":
        if not forms.representable(tender.evaluation_method):
            return redirect("edit-tender", number=tender.number, section="evaluation_method_json")
        rows, price = forms.initial_of(tender.evaluation_method)
        extra = 0 if rows else 2 * MORE
        return _page(request, tender, _formset(extra)(initial=rows), forms.PriceForm(initial=price))
    if "more" in request.POST:
        rows, price = _typed(request.POST)
        return _page(request, tender, _formset(MORE)(initial=rows), forms.PriceForm(initial=price))
    items, price = _formset(0)(request.POST), forms.PriceForm(request.POST)
    if not (items.is_valid() and price.is_valid()):
        return _page(request, tender, items, price)
    kept = [one.cleaned_data for one in items if one.cleaned_data and not one.cleaned_data.get("DELETE")]
    try:
        method = forms.method_of(kept, price.cleaned_data)
        submit(request, EditTender(tender.number, {"evaluation_method": method}))
    except Refused as refusal:
        return _page(request, tender, items, price, refusal.reasons)
    return redirect("tender", number=tender.number)


def _typed(post: QueryDict) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What stands in the page, to show it again with more rows: nothing is judged or saved."""
    said = post.get("form-TOTAL_FORMS", "0")
    count = min(int(said), MOST_ITEMS) if said.isascii() and said.isdigit() and len(said) < 5 else 0
    rows = [
        {name: post.get(f"form-{no}-{name}", "") for name in forms.ItemForm.base_fields}
        for no in range(count)
    ]
    return rows, {name: post.get(name, "") for name in forms.PriceForm().fields}


def _formset(extra: int) -> Any:
    return django_forms.formset_factory(
        forms.ItemForm, extra=extra, max_num=MOST_ITEMS, validate_max=True, can_delete=True
    )


def _page(
    request: HttpRequest, tender: Tender, items: Any, price: Any, reasons: tuple[Reason, ...] = ()
) -> HttpResponse:
    wrong = items.is_bound and not (items.is_valid() and price.is_valid())
    context = {
        "tender": tender,
        "items": items,
        "price": price,
        "reasons": reasons,
        "total": _total(items, price),
        "key": acts.new_key(),
    }
    status = problems.STATUS[reasons[0].kind] if reasons else 422 if wrong else 200
    return render(request, "trading/method.html", context, status=status)


def _total(items: Any, price: Any) -> str:
    """The marks as they stand in the page; what is no number counts nothing."""
    texts = [one["max"].value() for one in items] + [price["price_full_score"].value()]
    total = Decimal(0)
    for text in texts:
        try:
            value = Decimal(str(text or 0))
        except InvalidOperation:
            continue
        total += value if value.is_finite() and abs(value) < 10**6 else 0
    return f"{total.normalize():f}"
