"""What a draw is frozen on: size, specialties, sites, reserves, time to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import Reason, ReasonForm, Refused, refuse_if

SIZE_TOO_SMALL = ReasonForm(
    "draw.size_too_small",
    zh="评标委员会至少 5 人，所填为 {size} 人",
    en="a committee has at least 5 members, not {size}",
    law="招标投标法第三十七条",
    field="number",
)
SIZE_EVEN = ReasonForm(
    "draw.size_even",
    zh="评标委员会人数应为单数，所填为 {size} 人",
    en="a committee has an odd number of members, not {size}",
    law="招标投标法第三十七条",
    field="number",
)
SITES_DIFFER = ReasonForm(
    "draw.sites_differ",
    zh="各场地席位合计 {sum}，与委员会人数 {size} 不一致",
    en="the sites' seats add up to {sum}, the committee has {size}",
    law="发改办法规〔2025〕807号",
    field="sites",
)
BAD_CONDITIONS = ReasonForm(
    "draw.bad_conditions",
    zh="抽取条件「{field}」不合格：{why}",
    en="draw condition {field}: {why}",
)
POOL_TOO_SMALL = ReasonForm(
    "draw.pool_too_small",
    zh="{site}符合条件且不需回避的专家 {found} 名，少于席位与候补之和 {need} 名",
    en="{found} eligible experts at {site}, fewer than seats and reserves ({need})",
    law="招标投标法第三十七条",
    field="specialties",
)
MOST_SEATS, MOST_RESERVES, MOST_REPLY_MINUTES = 15, 20, 24 * 60
ANY_SITE = ""


@dataclass(frozen=True)
class SiteSeats:
    """``seats`` members sit at ``site``; the empty name is "any site"."""

    site: str
    seats: int


@dataclass(frozen=True)
class Conditions:
    """Frozen before anybody can know the order. ``specialties`` are codes like ``A0803``."""

    number: int
    specialties: tuple[str, ...]
    sites: tuple[SiteSeats, ...]
    reserves: int
    reply_minutes: int

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "specialties": list(self.specialties),
            "sites": [{"site": s.site, "seats": s.seats} for s in self.sites],
            "reserves": self.reserves,
            "reply_minutes": self.reply_minutes,
        }

    def seats_at(self, site: str) -> int:
        """Seats that an expert of ``site`` may take: its own, else those of any site."""
        own = sum(s.seats for s in self.sites if s.site == site)
        return own or sum(s.seats for s in self.sites if s.site == ANY_SITE)

    def quota_of(self, site: str) -> str:
        """The name of the quota that an expert of ``site`` falls under."""
        return site if any(s.site == site for s in self.sites) else ANY_SITE


def code_of(specialty: str) -> str:
    """The code before the words: ``A0803`` of ``A0803 市政道路``."""
    return specialty.split(" ", 1)[0].strip()


def read(value: Mapping[str, Any]) -> Conditions:
    """The conditions of a frozen draw, checked. ``Refused`` with every reason against them."""
    number = _count(value, "number", MOST_SEATS)
    reserves = _count(value, "reserves", MOST_RESERVES, least=0)
    minutes = _count(value, "reply_minutes", MOST_REPLY_MINUTES)
    specialties = tuple(dict.fromkeys(code_of(s) for s in _texts(value, "specialties")))
    sites = _sites(value.get("sites") or [{"site": ANY_SITE, "seats": number}])
    total = sum(s.seats for s in sites)
    refuse_if(
        [
            SITES_DIFFER(sum=total, size=number) if total != number else None,
            None if specialties else _bad("specialties", "至少一个专业 / at least one specialty"),
        ]
    )
    return Conditions(number, specialties, sites, reserves, minutes)


def size_reasons(number: int) -> list[Reason]:
    """Why a committee cannot have ``number`` members."""
    return [
        *([SIZE_TOO_SMALL(size=number)] if number < 5 else []),
        *([SIZE_EVEN(size=number)] if number % 2 == 0 else []),
    ]


def pool_reasons(conditions: Conditions, sites_of_pool: list[str]) -> list[Reason]:
    """Why a pool (the site of each eligible expert) is too small: seats and reserves at each site."""
    found: dict[str, int] = {}
    for site in sites_of_pool:
        quota = conditions.quota_of(site)
        found[quota] = found.get(quota, 0) + 1
    reasons = [
        POOL_TOO_SMALL(site=s.site or "各场地", found=found.get(s.site, 0), need=s.seats)
        for s in conditions.sites
        if found.get(s.site, 0) < s.seats
    ]
    need = conditions.number + conditions.reserves
    if not reasons and len(sites_of_pool) < need:
        reasons.append(POOL_TOO_SMALL(site="全库", found=len(sites_of_pool), need=need))
    return reasons


def next_tickets(conditions: Conditions, order: list[tuple[str, str]], taken: Mapping[str, int]) -> list[str]:
    """Whom to invite now: the first waiting of ``order`` [(ticket, site)] for every free seat.

    ``taken`` counts seats already held or offered, by quota name.
    """
    free = {s.site: s.seats - taken.get(s.site, 0) for s in conditions.sites}
    chosen = []
    for ticket, site in order:
        quota = conditions.quota_of(site)
        if free.get(quota, 0) > 0:
            free[quota] -= 1
            chosen.append(ticket)
    return chosen


def _sites(value: Any) -> tuple[SiteSeats, ...]:
    if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
        raise Refused(_bad("sites", "应为 [{site, seats}] / must be [{site, seats}]"))
    out: list[SiteSeats] = []
    for entry in value:
        site = entry.get("site", ANY_SITE)
        if not isinstance(site, str) or len(site) > 40 or any(s.site == site for s in out):
            raise Refused(_bad("sites", "场地名不合格或重复 / bad or repeated site"))
        out.append(SiteSeats(site, _count(entry, "seats", MOST_SEATS)))
    return tuple(out)


def _count(value: Mapping[str, Any], name: str, most: int, *, least: int = 1) -> int:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
        raise Refused(_bad(name, f"应为 {least}–{most} 的整数 / an integer of {least}–{most}"))
    return found


def _texts(value: Mapping[str, Any], name: str) -> list[str]:
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(f, str) and 0 < len(f) <= 40 for f in found):
        raise Refused(_bad(name, "应为文本列表 / a list of texts"))
    return found


def _bad(name: str, why: str) -> Reason:
    return BAD_CONDITIONS(field=name, why=why)
