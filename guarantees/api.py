"""JSON: the list of issuers, guarantees, release, demand. Shapes are in README.md."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from guarantees import demanding, queries
from guarantees.commands import DemandGuarantee, EndIssuer, LicenseIssuer, ReleaseGuarantee
from guarantees.models import Guarantee, LicensedIssuer
from guarantees.rules.moves import GuaranteeStatus
from guarantees.rules.words import state_of
from journal import clock
from journal.door import perform
from kernel.clock import iso
from portal.doors import actor_of, json_door, key_of, object_field, signed_in, text_field


def issuer_json(row: LicensedIssuer) -> dict[str, Any]:
    return {
        "name": row.name,
        "credit_code": row.credit_code,
        "since": iso(row.since),
        "until": iso(row.until) if row.until else None,
    }


def guarantee_json(row: Guarantee) -> dict[str, Any]:
    lot = row.bid.lot
    return {
        "id": str(row.pk),
        "tender": lot.tender.number,
        "lot": str(lot.no),
        "bid": str(row.bid_id),
        "bidder": row.bid.bidder_name,
        "number": row.number,
        "status": row.status,
        "state": state_of(GuaranteeStatus(row.status), bool(row.reasons)),
        "issuer": {"name": row.issuer_name, "credit_code": row.issuer_credit_code},
        "amount": f"{row.amount:.2f}" if row.amount is not None else None,
        "currency": row.currency,
        "valid_from": row.valid_from.isoformat() if row.valid_from else None,
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
        "reasons": row.reasons,
        "say": queries.say_of(row),
        "issuer_answer": row.issuer_answer,
        "paid": f"{row.paid:.2f}" if row.paid is not None else None,
    }


@json_door("GET", "POST")
def issuers(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    """Everybody may know whose guarantees are taken; the center adds to the list."""
    if request.method == "GET":
        return {"issuers": [issuer_json(row) for row in queries.issuers()]}
    command = LicenseIssuer(
        text_field(body, "name"),
        text_field(body, "credit_code", limit=18),
        text_field(body, "endpoint", limit=300, optional=True),
    )
    done = perform(command, signed_in(request), via="api", key=key_of(request))
    return JsonResponse(done.result, status=201, json_dumps_params={"ensure_ascii": False})


@json_door("POST")
def end_issuer(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    command = EndIssuer(text_field(body, "credit_code", limit=18), text_field(body, "reason"))
    return perform(command, signed_in(request), via="api", key=key_of(request)).result


@json_door("GET")
def guarantees(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    rows = queries.guarantees_for(signed_in(request), request.GET.get("tender", ""))
    return {"guarantees": [guarantee_json(row) for row in rows[:500]]}


@json_door("GET")
def guarantee(request: HttpRequest, body: dict[str, Any], key: str) -> dict[str, Any]:
    return guarantee_json(queries.seen(signed_in(request), key))


@json_door("POST")
def release(request: HttpRequest, body: dict[str, Any], key: str) -> dict[str, Any]:
    signed_in(request)
    row = queries.seen(actor_of(request), key)
    command = ReleaseGuarantee(str(row.pk), text_field(body, "ground"))
    return perform(command, actor_of(request), via="api", key=key_of(request)).result


@json_door("POST")
def demand(request: HttpRequest, body: dict[str, Any], key: str) -> dict[str, Any]:
    row = queries.seen(signed_in(request), key)
    signed = demanding.check(row, object_field(body, "signed"), clock.now())
    command = DemandGuarantee(str(row.pk), signed)
    return perform(command, actor_of(request), via="api", key=key_of(request)).result
