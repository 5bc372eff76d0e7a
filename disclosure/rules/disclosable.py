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
_AWARD = Disclosure(Stage.AWARDED, "招标投标法第三十七条、第四十四条")

#: Verb → when. A verb ending in ``*`` stands for all that begin so; the longest match counts.
TABLE: dict[str, Disclosure] = {
    "bid.submit": _OPENING,
    "bid.withdraw": _OPENING,
    "opening.*": _OPENING,
    "guarantee.*": _OPENING,
    "expert.*": Disclosure(Stage.AWARDED, "招标投标法第三十七条第四款"),
    "committee.*": Disclosure(Stage.AWARDED, "招标投标法第三十七条第四款"),
    "evaluation.*": _AWARD,
    "draw.*": Disclosure(Stage.AWARDED, "招标投标法第三十七条第四款"),
    "score.*": _AWARD,
    "sheet.*": _AWARD,
    "review.*": _AWARD,
    "report.*": _AWARD,
    "result.*": _AWARD,
}

#: Never, whatever the table says: these name people who did not bid, or failed to.
NEVER = frozenset({"attempt.refused", "document.download", "tender.download", "party.login"})


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
