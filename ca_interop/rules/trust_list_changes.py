"""What differs between two versions of the trust list, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca_interop.rules.certificates import display_name, fingerprint
from ca_interop.rules.trust_list import WITHDRAWAL_ZH, Authority, TrustList
from kernel.clock import beijing

FIELDS_ZH = {
    "name": "名称",
    "profile": "证书规范",
    "anchors": "根证书",
    "intermediates": "下级机构证书",
    "crl": "吊销列表地址",
    "ocsp": "OCSP 地址",
    "tsa": "时间戳地址",
    "effective_from": "生效时间",
    "grace_until": "过渡期",
    "recognized": "互认来源",
    "publishers": "发布者证书",
    "publisher": "发布机构",
}
KINDS_ZH = {"added": "新增", "removed": "移出", "withdrawn": "退出", "restored": "恢复", "changed": "变更"}


@dataclass(frozen=True)
class Change:
    """``kind``: added, removed, withdrawn, restored or changed; ``field`` of a change; ``before`` and ``after``
    are shown texts. ``authority`` is empty for what concerns the whole list."""

    kind: str
    authority: str
    name: str
    field: str = ""
    before: str = ""
    after: str = ""

    @property
    def kind_zh(self) -> str:
        return KINDS_ZH[self.kind]

    @property
    def field_zh(self) -> str:
        return FIELDS_ZH.get(self.field, "")

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "authority": self.authority, "field": self.field}


def changes(old: TrustList | None, new: TrustList) -> tuple[Change, ...]:
    """From ``old`` (``None``: nothing before) to ``new``, authorities in the new list's order."""
    before = {a.id: a for a in old.authorities} if old else {}
    after = {a.id: a for a in new.authorities}
    found = [] if old is None else _list_changes(old, new)
    for one in new.authorities:
        known = before.get(one.id)
        if known is None:
            found.append(Change("added", one.id, one.name, after=_said(one, "anchors")))
        else:
            found += _authority_changes(known, one)
    found += [
        Change("removed", a.id, a.name, before=_said(a, "anchors"))
        for a in before.values()
        if a.id not in after
    ]
    return tuple(found)


def _list_changes(old: TrustList, new: TrustList) -> list[Change]:
    found = []
    if old.publisher != new.publisher:
        found.append(Change("changed", "", "", "publisher", old.publisher, new.publisher))
    if old.successors != new.successors or old.signer != new.signer:
        found.append(Change("changed", "", "", "publishers", _publishers(old), _publishers(new)))
    return found


def _publishers(one: TrustList) -> str:
    later = "、".join(sorted(f[:16] for f in one.successors)) or "—"
    return f"由 {one.signer[:16] or '—'} 签名，下一版可由 {later} 签名"


def _authority_changes(old: Authority, new: Authority) -> list[Change]:
    found = []
    if new.withdrawn_at is not None and new.withdrawn_at != old.withdrawn_at:
        why = WITHDRAWAL_ZH[new.withdrawal_reason] if new.withdrawal_reason else "未说明"
        found.append(Change("withdrawn", new.id, new.name, after=f"{beijing(new.withdrawn_at)}：{why}"))
    if old.withdrawn_at is not None and new.withdrawn_at is None:
        found.append(Change("restored", new.id, new.name, before=beijing(old.withdrawn_at)))
    for field in (
        "name",
        "profile",
        "anchors",
        "intermediates",
        "crl",
        "ocsp",
        "tsa",
        "effective_from",
        "grace_until",
        "recognized",
    ):
        if _raw(old, field) != _raw(new, field):
            found.append(Change("changed", new.id, new.name, field, _said(old, field), _said(new, field)))
    return found


def _raw(one: Authority, field: str) -> Any:
    value = getattr(one, field)
    return tuple(fingerprint(c) for c in value) if field in ("anchors", "intermediates") else value


def _said(one: Authority, field: str) -> str:
    value = getattr(one, field)
    if field in ("anchors", "intermediates"):
        return "、".join(f"{display_name(c)}（{fingerprint(c)[:16]}）" for c in value) or "—"
    if field in ("effective_from", "grace_until"):
        return beijing(value) if value else "—"
    if field == "recognized":
        return f"{value.publisher} 第 {value.version} 版" if value else "—"
    if field in ("crl", "ocsp", "tsa"):
        return "、".join(value) or "—"
    if field == "profile":
        places = "、".join(f"{p.kind} {p.oid}{p.prefix and f' {p.prefix}'}" for p in value.credit_code)
        return f"信用代码：{places}；{'双证' if value.dual else '单证'}；{value.ciphertext.value}；{value.messages.value}"
    return str(value)
