"""Two envelopes (双信封): who was whole at the deadline, which prices were opened, and that they were opened after the
technical sheets had been locked. Part of checks 8 and 13."""

from __future__ import annotations

from bidtool.record.acts import Act
from bidtool.record.reasons import NOT_THERE
from bidtool.record.record import PRICE, TECHNICAL, Record, same
from bidtool.record.rows import Row
from bidtool.record.scores import evaluations
from bidtool.record.steps import Steps
from kernel.errors import Refused

SECOND = "opening-2.json"
#: What may be done with an envelope only while its own session is open.
_RELEASES = ("bid.release_key", "bid.request_quorum", "bid.release_share", "bid.open")


def said_at_start(record: Record, path: str) -> list[Row]:
    """The lots of the act that started the session of ``path``."""
    session = record.folder.json(path)
    start = record.acts.named(session.row("acts").text("start"), path)
    said = Row(start.payload if isinstance(start.payload, dict) else {}, f"acts.jsonl: {start.id}")
    return said.rows("lots")


def check_whole(record: Record, steps: Steps) -> None:
    """At the deadline a bid in two envelopes is whole and its first envelope numbered, or it is left sealed and named."""
    named = {
        row.text("bid")
        for lot in said_at_start(record, "opening.json")
        for row in (lot.rows("incomplete") if "incomplete" in lot.value else [])
    }
    together: dict[tuple[str, str], dict[str, str]] = {}
    for name, bid in record.bids.items():
        if record.is_dual(bid.text("lot")) and bid.text("status") != "withdrawn":
            together.setdefault((bid.text("lot"), bid.text("pseudonym")), {})[bid.text("part")] = name
    whole = 0
    for (lot, _), parts in together.items():
        if set(parts) == {TECHNICAL, PRICE}:
            whole += 1
            numbered = record.bids[parts[TECHNICAL]].raw("number") is not None
            if not numbered and record.lots[lot].text("status") != "failed":
                raise _not_named(parts[TECHNICAL])
        for name in parts.values() if len(parts) == 1 else ():
            same(
                "未递交齐全的投标 incomplete",
                f"bids/{name}/bid.json",
                record.bids[name].text("status"),
                "unopened",
            )
            if name not in named:
                raise _not_named(name)
    if together:
        steps.add(
            "record.whole_bids",
            f"双信封：{whole} 份投标在截止时两个信封齐全，{len(together) - whole} 份不齐、保持密封",
            f"two envelopes: {whole} bids were whole at the deadline, {len(together) - whole} were not and stay sealed",
        )


def _not_named(name: str) -> Refused:
    return Refused(NOT_THERE(what=f"开标行为中的投标 {name}"))


def check_passed(record: Record, steps: Steps) -> None:
    """Only prices of those who passed were numbered and opened; each belongs to the first envelope it names."""
    for lot in said_at_start(record, SECOND):
        no, passed = lot.text("lot"), sorted(lot.texts("passed"))
        evaluation = evaluations(record).get(no)
        if evaluation is not None:
            found = [
                row.text("bid")
                for row in evaluation.rows("bids")
                if not row.flag("rejected") or row.value.get("stage") == 2
            ]
            same("通过技术评审的投标 passed", lot.where, passed, sorted(found))
        for row in lot.rows("bids"):
            price, first = record.bids.get(row.text("bid")), record.bids.get(row.text("of"))
            if price is None or first is None:
                raise _not_named(row.text("bid"))
            same("报价部分 part", price.where, price.text("part"), PRICE)
            same("化名 pseudonym", price.where, price.text("pseudonym"), first.text("pseudonym"))
            if row.text("of") not in passed:
                same("通过技术评审的投标 passed", lot.where, row.text("of"), passed)
            _same_bidder(record, row.text("bid"), row.text("of"))
        steps.add(
            "record.second_envelopes",
            f"标段 {no}：只开启了通过技术评审的 {len(lot.rows('bids'))} 家的报价，{len(lot.rows('unopened'))} 份保持密封",
            f"lot {no}: prices of the {len(lot.rows('bids'))} who passed were opened, {len(lot.rows('unopened'))} stay sealed",
        )
    for name, bid in record.bids.items():
        if bid.text("status") == "unopened" and name in record.openings:
            raise bid.bad("status", "不予开启的信封却已开启 / an envelope that was to stay sealed is open")


def _same_bidder(record: Record, price: str, first: str) -> None:
    """The bidder of both parts is one."""
    if price in record.openings and first in record.openings:
        codes = [record.openings[name].row("bidder").text("credit_code") for name in (price, first)]
        same("两个信封的投标人 bidder", f"bids/{price}/opening.json", codes[0], codes[1])


def releases_of_prices(record: Record) -> list[tuple[str, Act]]:
    """Every act that released something of a price part, as ``(verb, act)``."""
    prices = {f"bid:{name}" for name, bid in record.bids.items() if bid.text("part") == PRICE}
    found = []
    for _, line in record.acts.lines():
        act = line.row("act")
        if act.text("verb") in _RELEASES and act.text("subject") in prices:
            found.append((act.text("verb"), record.acts.named(act.text("id"), "acts.jsonl")))
    return found
