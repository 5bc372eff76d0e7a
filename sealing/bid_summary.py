"""The bid summary (开标一览表): what is read out at the opening, canonical JSON, signed by the bidder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kernel.errors import Refused
from kernel.ids import credit_code
from sealing import fields, statements
from sealing.refusals import SUMMARY_BAD, SUMMARY_SIGNATURE
from sealing.statements import SignatureEvidence, Signing

PURPOSE = "bid-summary"
_REQUIRED = ("v", "tender", "lot", "part", "bidder", "currency", "duration_days", "quality")
#: In every part but the first envelope of two (双信封), which is opened while prices are still secret.
_PRICED = ("price", "price_in_words")
#: The part whose summary tells no price.
UNPRICED = "technical"
_OPTIONAL = ("project_manager", "guarantee", "remarks", "consortium", "extra")
_PRICE = re.compile(r"(0|[1-9][0-9]{0,13})\.[0-9]{2}")
_WORDS = re.compile(r"(人民币)?[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整正]+")


def check(value: Any) -> dict[str, Any]:
    """The summary, if its fields are whole and well-formed; ``Refused`` by field otherwise.

    ``price`` is decimal text with two places (a part ``technical`` must have none); ``guarantee`` is ``{number, issuer?, amount?}``;
    ``project_manager`` is ``{name, certificate}``; ``extra`` maps further items to text.
    """
    priced = _PRICED if fields.mapping(value, "bid_summary").get("part") != UNPRICED else ()
    got = fields.exact_keys(value, "bid_summary", (*_REQUIRED, *priced), _OPTIONAL)
    fields.integer(got, "v", 1, 1)
    for key in ("tender", "lot", "part", "currency", "quality"):
        fields.text(got, key)
    bidder = fields.exact_keys(got["bidder"], "bidder", ("name", "credit_code"))
    fields.text(bidder, "name")
    if credit_code(fields.text(bidder, "credit_code", limit=18)) != bidder["credit_code"]:
        raise Refused(SUMMARY_BAD(field="credit_code", why="应为大写 / must be upper case"))
    if priced:
        _price(got)
    fields.integer(got, "duration_days", 1, 36500)
    if "project_manager" in got:
        person = fields.exact_keys(got["project_manager"], "project_manager", ("name", "certificate"))
        fields.text(person, "name", limit=60)
        fields.text(person, "certificate", limit=80)
    if "guarantee" in got:
        _guarantee(got["guarantee"])
    if "remarks" in got:
        fields.text(got, "remarks", limit=2000, empty=True)
    for key in ("consortium",):
        if key in got:
            [fields.text({key: name}, key) for name in fields.items(got, key, 1, 10)]
    for name, item in fields.mapping(got.get("extra", {}), "extra").items():
        fields.text({name: item}, name, limit=2000)
    return got


def price(summary: Mapping[str, Any]) -> Decimal:
    """The price of a checked summary, in its currency, two places."""
    return Decimal(str(summary["price"]))


def sign(summary: Mapping[str, Any], bidder: Signing) -> dict[str, Any]:
    """``bid_summary.sig.json``: a ``mingtang/bid-summary`` statement whose payload is the summary."""
    return statements.sign(statements.statement(PURPOSE, check(dict(summary))), bidder)


def verify(summary: Mapping[str, Any], signed: Any) -> SignatureEvidence:
    """The signature is good and covers exactly this summary."""
    evidence = statements.verify(signed, purpose=PURPOSE)
    if dict(evidence.payload) != dict(summary):
        raise Refused(SUMMARY_SIGNATURE())
    return evidence


def _price(got: Mapping[str, Any]) -> None:
    if not _PRICE.fullmatch(fields.text(got, "price", limit=20)) or Decimal(got["price"]) == 0:
        raise Refused(
            SUMMARY_BAD(field="price", why="应为两位小数的正数 / must be positive with two decimals")
        )
    if not _WORDS.fullmatch(fields.text(got, "price_in_words", limit=120)):
        raise Refused(SUMMARY_BAD(field="price_in_words", why="应为中文大写金额 / must be Chinese capitals"))


def _guarantee(value: Any) -> None:
    got = fields.exact_keys(value, "guarantee", ("number",), ("issuer", "amount"))
    fields.text(got, "number", limit=80)
    if "issuer" in got:
        fields.text(got, "issuer")
    if "amount" in got and not _PRICE.fullmatch(fields.text(got, "amount", limit=20)):
        raise Refused(SUMMARY_BAD(field="amount", why="应为两位小数 / must have two decimals"))
