"""What the public page claims about a tender, and how each claim stands up to the facts.

A claim is never a promise: it is computed from rows and acts, and says ``failed`` when they contradict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Claim:
    """``state`` is proven, waiting or failed; ``act`` the id of the act that is its evidence, or empty."""

    title: str
    fact: str
    state: str
    act: str = ""


@dataclass(frozen=True)
class TenderFacts:
    """What the claims are computed from. Counts are of all lots; before the opening they are zero."""

    announced: bool
    deadline: datetime | None
    session_started: bool
    received: int
    opened: int
    unopenable: int
    by_quorum: int
    first_key_at: datetime | None
    awarded: bool
    reported: int
    logged: bool
    checkpoint_size: int


def everything_opened(facts: TenderFacts, act: str) -> Claim:
    """收到的投标全部开启: none left over, none added."""
    said = f"{facts.received} 份收到，{facts.opened} 份开启"
    if facts.unopenable:
        said += f"，{facts.unopenable} 份无法开启（原因在开标记录中）"
    if facts.by_quorum:
        said += f"，其中 {facts.by_quorum} 份由密钥分片开启"
    whole = facts.received == facts.opened + facts.unopenable
    return Claim("收到的投标全部开启", said, "proven" if whole else "waiting", act)


def nobody_looked(facts: TenderFacts, act: str, first_key: str) -> Claim:
    """截止前无人能看到内容: the first key came after the deadline."""
    title = "截止前无人能看到内容"
    if facts.first_key_at is None or facts.deadline is None:
        return Claim(title, "还没有任何密钥释放", "waiting", act)
    state = "proven" if facts.first_key_at >= facts.deadline else "failed"
    return Claim(title, f"首个密钥于 {first_key} 释放", state, act)


def claims(facts: TenderFacts, acts: dict[str, str], first_key: str) -> list[Claim]:
    """The claims that make sense at this point of the tender's life. ``acts``: claim key → act id."""
    out = [
        Claim(
            "公告在存证日志中",
            "公告内容与日志中的行为记录一致" if facts.announced else "尚未公告",
            "proven" if facts.announced and facts.logged else "waiting",
            acts.get("announce", ""),
        )
    ]
    if facts.session_started:
        out.append(everything_opened(facts, acts.get("opening", "")))
        out.append(nobody_looked(facts, acts.get("key", ""), first_key))
    if facts.awarded:
        title = "担保、抽取、评分和排名可以重算"
        said = f"{facts.reported} 个标段的担保核验、专家抽取、评分表、均值、价格分和排名，见公开记录"
        out.append(Claim(title, said, "proven" if facts.reported else "waiting", acts.get("report", "")))
    said = f"检查点 {facts.checkpoint_size:,} 号，平台签名" if facts.checkpoint_size else "还没有检查点"
    out.append(Claim("存证日志", said, "proven" if facts.checkpoint_size else "waiting"))
    return out
