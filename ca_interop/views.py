"""/ca/: which authorities count here, for everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ca_interop import queries
from ca_interop.rules.certificates import algorithm, display_name, fingerprint, is_authority
from ca_interop.rules.profiles import Place
from ca_interop.rules.trust_list import WITHDRAWAL_ZH, Authority
from journal import clock
from kernel.errors import Refused

_ATTRIBUTES = {
    "2.5.4.5": "主题 serialNumber",
    "2.5.4.10": "主题 O",
    "2.5.4.11": "主题 OU",
    "2.5.4.42": "主题 givenName",
    "2.5.4.97": "主题 organizationIdentifier",
}


def trust_list(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    try:
        version = queries.version_at(now)
        listed = queries.trust_list(now)
    except Refused:
        return render(request, "ca_interop/trust_list.html", {"version": None, "versions": []})
    rows = [_row(authority, authority.reason_against(now) is None) for authority in listed.authorities]
    context = {"version": version, "authorities": rows, "versions": queries.versions()}
    return render(request, "ca_interop/trust_list.html", context)


def _row(authority: Authority, counts: bool) -> dict[str, Any]:
    return {
        "authority": authority,
        "counts": counts,
        "why": WITHDRAWAL_ZH[authority.withdrawal_reason] if authority.withdrawal_reason else "",
        "facts": [
            ("统一社会信用代码所在", _places(authority.profile.credit_code)),
            ("单位名称所在", _places(authority.profile.organization)),
            ("经办人所在", _places(authority.profile.person)),
            ("OCSP", "、".join(authority.ocsp) or "—"),
            ("吊销列表", "、".join(authority.crl) or "—"),
            ("时间戳", "、".join(authority.tsa) or "—"),
        ],
        "certificates": [
            {
                "name": display_name(c),
                "kind": kind if is_authority(c) else "吊销列表签发者",
                "algorithm": algorithm(c),
                "until": c.not_valid_after_utc,
                "fingerprint": fingerprint(c),
            }
            for kind, group in (("根证书", authority.anchors), ("下级机构", authority.intermediates))
            for c in group
        ],
    }


def _places(places: tuple[Place, ...]) -> str:
    return "；".join(_place(p) for p in places) or "—"


def _place(place: Place) -> str:
    where = {
        "subject": _ATTRIBUTES.get(place.oid, place.oid),
        "extension": f"扩展 {place.oid}",
        "san": f"主题备用名 otherName {place.oid}",
    }[place.kind]
    cut = f"（以「{place.separator}」分隔的第 {place.part + 1} 段）" if place.separator else ""
    return where + cut + (f"（前缀「{place.prefix}」）" if place.prefix else "")
