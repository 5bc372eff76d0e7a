"""The page on which a bidder seals and submits in the browser. It asks nobody to sign in and sends nothing by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from journal import clock
from portal.doors import actor_of
from trading.queries import tenders as queries
from trading.queries.suites import suite_of

ROLE_ZH = {
    "boq": "已标价工程量清单",
    "guarantee": "投标担保",
    "technical": "技术文件",
    "commercial": "商务文件",
    "qualification": "资格审查资料",
    "other": "其他文件",
}


@never_cache
@require_safe
def bid(request: HttpRequest, number: str) -> HttpResponse:
    """Form, files by role, sealing and submission of one tender's bids."""
    tender = queries.seen(actor_of(request), number)
    wanted = {row["role"]: row for row in tender.requirements}
    context = {
        "tender": tender,
        "suite": suite_of(tender),
        "now": clock.now(),
        "lots": tender.lots.all(),
        "roles": [
            {
                "role": role,
                "title": wanted.get(role, {}).get("title") or word,
                "required": wanted.get(role, {}).get("required"),
            }
            for role, word in ROLE_ZH.items()
        ],
    }
    return render(request, "trading/bid.html", context)
