"""What members sign: the declaration at the start, the report at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sealing.statements import statement

DECLARATION, REPORT = "evaluation-declaration", "evaluation-report"
DECLARATION_TEXT = (
    "本人与下列投标人没有利害关系，不存在应当回避的情形；客观、公正地履行职责，遵守职业道德，对所提出的评审意见"
    "承担个人责任；不私下接触投标人，不透露对投标文件的评审和比较、中标候选人的推荐情况以及与评标有关的其他情况。"
)


def declaration(number: str, lot: int, seat: int, bidders: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """``mingtang/evaluation-declaration``: secrecy and recusal (12号令第十二条、第十三条), bidders by name."""
    named = sorted(
        ({"name": b["name"], "credit_code": b["credit_code"]} for b in bidders),
        key=lambda b: b["credit_code"],
    )
    payload = {
        "v": 1,
        "tender": number,
        "lot": str(lot),
        "seat": f"{seat:02d}",
        "bidders": named,
        "text": DECLARATION_TEXT,
    }
    return statement(DECLARATION, payload)


def report_payload(
    number: str, lot: int, report_sha256: str, ranking: Sequence[Mapping[str, Any]], rejected: Iterable[str]
) -> dict[str, Any]:
    """The payload of ``mingtang/evaluation-report``: the PDF by digest, the order of bids by public id.

    The same for all members: the certificate says who signs.
    """
    return {
        "v": 1,
        "tender": number,
        "lot": str(lot),
        "report_sha256": report_sha256,
        "ranking": [{"rank": int(row["rank"]), "bid": str(row["bid"])} for row in ranking],
        "rejected": sorted(rejected),
    }
