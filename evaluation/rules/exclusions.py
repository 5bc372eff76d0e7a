"""Who is left out of a pool before the draw (回避)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why an expert is excluded, or why a drawn one does not sit."""

    EMPLOYED_BY_BIDDER = "employed_by_bidder"
    EMPLOYED_BY_OWNER = "employed_by_owner"
    EMPLOYED_BY_AGENT = "employed_by_agent"
    EMPLOYED_BY_AUTHORITY = "employed_by_authority"
    DECLARED_RELATION = "declared_relation"
    SAME_PERSON = "same_person"
    # after the draw
    DECLINED = "declined"
    EXPIRED = "expired"
    RECUSED = "recused"
    ABSENT = "absent"
    UNFIT = "unfit"
    SITE_FULL = "site_full"


GROUND_ZH = {
    Ground.EMPLOYED_BY_BIDDER: "受聘于投标人",
    Ground.EMPLOYED_BY_OWNER: "招标人的工作人员",
    Ground.EMPLOYED_BY_AGENT: "招标代理机构的工作人员",
    Ground.EMPLOYED_BY_AUTHORITY: "行政监督部门的工作人员",
    Ground.DECLARED_RELATION: "申报有利害关系",
    Ground.SAME_PERSON: "本人在有关单位任职",
    Ground.DECLINED: "谢绝",
    Ground.EXPIRED: "逾时未答复",
    Ground.RECUSED: "回避",
    Ground.ABSENT: "缺席",
    Ground.UNFIT: "因健康等原因不能继续",
    Ground.SITE_FULL: "所在场地席位已满",
}

GROUND_LAW = {
    Ground.EMPLOYED_BY_BIDDER: "招标投标法第三十七条；12号令第十二条第三项",
    Ground.EMPLOYED_BY_OWNER: "招标投标法第三十七条",
    Ground.EMPLOYED_BY_AGENT: "招标投标法第三十七条",
    Ground.EMPLOYED_BY_AUTHORITY: "招标投标法实施条例第四十六条；12号令第十二条第二项",
    Ground.DECLARED_RELATION: "招标投标法第三十七条；12号令第十二条第一项、第三项",
    Ground.SAME_PERSON: "12号令第十二条第三项",
    Ground.DECLINED: "招标投标法实施条例第四十八条",
    Ground.EXPIRED: "招标投标法实施条例第四十八条",
    Ground.RECUSED: "招标投标法实施条例第四十八条",
    Ground.ABSENT: "招标投标法实施条例第四十八条",
    Ground.UNFIT: "招标投标法实施条例第四十八条",
    Ground.SITE_FULL: "发改办法规〔2025〕807号",
}

#: Grounds on which a seated member is replaced.
REPLACEMENT = (Ground.RECUSED, Ground.ABSENT, Ground.UNFIT)


@dataclass(frozen=True)
class Involved:
    """Credit codes of the organizations that an expert must not be close to."""

    bidders: frozenset[str] = frozenset()
    owner: str = ""
    agent: str = ""
    authorities: frozenset[str] = frozenset()

    @property
    def everyone(self) -> frozenset[str]:
        return frozenset({*self.bidders, *self.authorities, self.owner, self.agent} - {""})


@dataclass(frozen=True)
class Connections:
    """What is known of one expert: employer, own memberships, declared relations (credit code → what)."""

    employer: str
    memberships: frozenset[str] = frozenset()
    relations: Mapping[str, str] | None = None


def ground_against(expert: Connections, involved: Involved) -> Ground | None:
    """Why this expert cannot be drawn, or ``None``. The employer counts first, then the person."""
    by_employer: Iterable[tuple[Ground, frozenset[str]]] = (
        (Ground.EMPLOYED_BY_BIDDER, involved.bidders),
        (Ground.EMPLOYED_BY_OWNER, frozenset({involved.owner} - {""})),
        (Ground.EMPLOYED_BY_AGENT, frozenset({involved.agent} - {""})),
        (Ground.EMPLOYED_BY_AUTHORITY, involved.authorities),
    )
    for ground, codes in by_employer:
        if expert.employer in codes:
            return ground
    if not involved.everyone.isdisjoint(expert.memberships):
        return Ground.SAME_PERSON
    if not involved.everyone.isdisjoint(expert.relations or {}):
        return Ground.DECLARED_RELATION
    return None
