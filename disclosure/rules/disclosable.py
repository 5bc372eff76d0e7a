"""Which sealed act may be published, and when.

A sealed act stands in the log as a commitment. Publishing its document and salt opens the commitment
for good, so this table says of every kind of sealed act at what moment that becomes lawful. What is
not in the table is never published: who took the documents, who signed in when, which attempts were
refused stay sealed for ever (20号令第二十一条; 个人信息保护法第六条).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """How far a lot has come, as disclosure sees it. Later stages include the earlier ones."""

    SEALED = 0  # before the opening
    OPENED = 1  # its bids are open and read out
    AWARDED = 2  # the award is decided, or the lot has failed


@dataclass(frozen=True)
class Disclosure:
    """From which stage on acts of a kind are public, and the article that says so."""

    stage: Stage
    law: str


_OPENING = Disclosure(Stage.OPENED, "招标投标法第三十六条")
_EXPERTS = Disclosure(Stage.AWARDED, "招标投标法第三十七条第四款")
_AWARD = Disclosure(Stage.AWARDED, "招标投标法第四十四条第三款")

#: Verb → when. A verb ending in ``*`` stands for all that begin so; the longest match counts.
TABLE: dict[str, Disclosure] = {
    "bid.submit": _OPENING,
    "bid.withdraw": _OPENING,
    "opening.*": _OPENING,
    "guarantee.*": _OPENING,
    "expert_draw.*": _EXPERTS,
    "committee.*": _EXPERTS,
    "evaluation.*": _AWARD,
    "award.*": _AWARD,
}

#: Never, whatever the table says, and why.
NEVER: dict[str, str] = {
    "attempt.refused": "谁被拒绝、因为什么，与结果无关（个人信息保护法第六条）",
    "documents.take": "谁获取过招标文件不公开（电子招标投标办法第二十一条）",
    "clarification.confirm": "确认人就是获取招标文件的人（电子招标投标办法第二十一条）",
    "enquiry.ask": "提问人不公开；问题随答复公开（招标投标法第二十二条）",
    "session.sign_in": "谁在何时登录与结果无关（个人信息保护法第六条）",
    "party.register": "登记资料中的个人信息（个人信息保护法第六条）",
    "assignment.apply": "谁报过名只在名单里公开（优化营商环境条例第四十三条）",
    "assignment.withdraw": "谁报过名又撤回不公开（优化营商环境条例第四十三条）",
    "certificate.bind": "登记资料中的个人信息（个人信息保护法第六条）",
    "certificate.confirm": "登记资料中的个人信息（个人信息保护法第六条）",
    "certificate.decline": "登记资料中的个人信息（个人信息保护法第六条）",
    "organization.look_up": "查过谁的登记会透露谁可能投标（招标投标法第二十二条）",
    "account.link": "登记资料中的个人信息（个人信息保护法第六条）",
    "revocation.accept_undecided": "谁在何时签过什么，由所签的那一步公开（个人信息保护法第六条）",
    "account.unlink": "登记资料中的个人信息（个人信息保护法第六条）",
    "party.hand_over": "单位内部的人员安排（个人信息保护法第六条）",
    "session.enter_by_account": "谁在何时登录与结果无关（个人信息保护法第六条）",
    "session.end_by_provider": "谁在何时登录与结果无关（个人信息保护法第六条）",
    "expert.register": "专家库名单保密（招标投标法实施条例第四十六条）",
    "expert.update": "专家库名单保密（招标投标法实施条例第四十六条）",
    "expert.set_active": "专家库名单保密（招标投标法实施条例第四十六条）",
    "invitation.answer": "谁被抽到而没有来不公开（招标投标法实施条例第四十六条）",
    "invitation.expire": "谁被抽到而没有来不公开（招标投标法实施条例第四十六条）",
    "result.object": "异议中有异议人的商业信息；答复公开（招标投标法实施条例第五十四条）",
    "tender.create": "公告之前的草稿不公开；公告的内容在公告行为里",
    "tender.tender_again": "公告之前的草稿不公开；公告的内容在公告行为里",
    "tender.edit": "公告之前的草稿不公开；公告的内容在公告行为里",
    "tender.add_document": "公告之前的草稿不公开；公告的内容在公告行为里",
    "tender.remove_document": "公告之前的草稿不公开；公告的内容在公告行为里",
    "tender.set_custodians": "公告之前的草稿不公开；公告的内容在公告行为里",
}


def rule_for(verb: str) -> Disclosure | None:
    """The rule of a sealed act's verb; ``None`` when it is never published."""
    if verb in NEVER:
        return None
    if verb in TABLE:
        return TABLE[verb]
    wild = [name for name in TABLE if name.endswith("*") and verb.startswith(name[:-1])]
    return TABLE[max(wild, key=len)] if wild else None


def may_publish(verb: str, stage: Stage) -> bool:
    """Whether the document of a *sealed* act with this verb may be published at ``stage``."""
    rule = rule_for(verb)
    return rule is not None and stage >= rule.stage
