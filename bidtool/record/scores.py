"""Checks 10 and 11: score sheets equal what was locked; means, price scores and ranking recomputed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bidtool.record.reasons import NOT_THERE, OUT_OF_RANGE, UNSIGNED
from bidtool.record.record import Record, same
from bidtool.record.rows import Row, strings_in
from bidtool.record.steps import Steps
from kernel import expert_means
from kernel.canonical_json import digest
from kernel.errors import Refused
from kernel.scoring import score
from sealing import statements

Points = dict[str, dict[str, str]]


def evaluations(record: Record) -> dict[str, Row]:
    """evaluation/<lot>.json of every lot that has one."""
    found = {lot: record.optional(f"evaluation/{lot}.json") for lot in record.lots}
    rows = {lot: row for lot, row in found.items() if row is not None}
    for lot, row in rows.items():
        same("标段 lot", row.where, row.text("lot"), lot)
    return rows


def check_sheets(record: Record, steps: Steps) -> None:
    """Check 10."""
    for lot, evaluation in evaluations(record).items():
        with steps.at(evaluation.where):
            _check_lot_sheets(record, lot, evaluation, steps)
    if not evaluations(record):
        steps.not_yet("评分表", "score sheets")


def _check_lot_sheets(record: Record, lot: str, evaluation: Row, steps: Steps) -> None:
    seated = {s.text("seat") for s in evaluation.rows("seats") if not s.flag("vacated")}
    sheets = evaluation.rows("sheets")
    names = [sheet.text("seat") for sheet in sheets]
    if sheets:
        same("评分表的席位 seats", evaluation.where, sorted(names), sorted(seated))
    scored = sorted(_scored(evaluation))
    for sheet in sheets:
        steps.where = sheet.where
        bids = points_of(sheet, "bids")
        same("评分的投标 bids", sheet.where, sorted(bids), scored)
        _check_points(record, sheet.where, bids)
        found = digest(bids)
        act = record.acts.saying(sheet.text("act"), sheet.where, found, f"评分表摘要 {found}")
        steps.add(
            "record.sheet",
            f"标段 {lot} 席位 {sheet.text('seat')}：{len(bids)} 家评分与锁定行为（日志第 {act.index} 位）一致，摘要 {found}",
            f"lot {lot} seat {sheet.text('seat')}: {len(bids)} rows equal the locking act at {act.index}, digest {found}",
            lot=lot,
            seat=sheet.text("seat"),
            sha256=found,
        )


def _check_points(record: Record, where: str, bids: Points) -> None:
    """Exactly the items of the documents, each within its range and on its step (招例第四十九条)."""
    items = {item.text("id"): item for item in record.tender.row("evaluation_method").rows("items")}
    for bid, row in bids.items():
        same(f"评分项 items（{bid}）", where, sorted(row), sorted(items))
        for name, text in row.items():
            item, points = items[name], Decimal(text)
            least, most, step = (item.decimal(key) for key in ("min", "max", "step"))
            if not least <= points <= most or (step > 0 and (points - least) % step):
                raise Refused(
                    OUT_OF_RANGE(where=where, item=name, points=text, least=least, most=most, step=step)
                )


def _scored(evaluation: Row) -> list[str]:
    """What the sheets hold: every bid that passed the review before the scoring. Of two envelopes a bid may still be
    rejected after its price was opened (``stage`` 2)."""
    rows = evaluation.rows("bids")
    return [row.text("bid") for row in rows if not row.flag("rejected") or row.value.get("stage") == 2]


def points_of(row: Row, key: str) -> Points:
    """``{bid: {item: decimal text}}``."""
    table = row.row(key)
    out: Points = {}
    for bid in table.value:
        cells = table.row(bid)
        for item in cells.value:
            cells.decimal(item)
        out[bid] = dict(cells.value)
    return out


def check_results(record: Record, steps: Steps) -> None:
    """Check 11."""
    for lot, evaluation in evaluations(record).items():
        with steps.at(evaluation.where):
            _check_bids(record, lot, evaluation)
            _check_means(record, evaluation)
            _check_price(record, lot, evaluation)
            _check_ranking(record, evaluation)
            signers = _check_report(record, lot, evaluation)
        ranked = "，".join(
            f"{r.integer('rank')} {r.text('bidder')} {r.text('score')}" for r in evaluation.rows("ranking")
        )
        steps.add(
            "record.result",
            f"标段 {lot}：评委平均分、报价得分、总分、排名重算一致（{ranked or '无排名'}）；{signers} 名评委签名有效",
            f"lot {lot}: means, price scores, totals and ranking recomputed ({ranked or 'none'}); {signers} signatures",
            lot=lot,
        )
    if not evaluations(record):
        steps.not_yet("评审结果", "evaluation results")


def _check_bids(record: Record, lot: str, evaluation: Row) -> None:
    """Every opened bid of the lot was evaluated; each rejection has a ground and its act."""
    rows = evaluation.rows("bids")
    same(
        "评审的投标 bids",
        evaluation.where,
        sorted(r.text("bid") for r in rows),
        sorted(record.opened_of(lot)),
    )
    for row in rows:
        if row.flag("rejected"):
            row.text("ground")
            if row.text("act", empty=True):
                record.acts.named(row.text("act"), row.where)


def _check_means(record: Record, evaluation: Row) -> None:
    sheets = [points_of(sheet, "bids") for sheet in evaluation.rows("sheets")]
    if not sheets:
        same("平均分 means", evaluation.where, evaluation.raw("means"), {})
        return
    method = record.tender.row("evaluation_method")
    places = _score_decimals(method)
    try:
        means = expert_means.item_means(
            sheets, str(method.value.get("expert_mean") or expert_means.MEAN), places
        )
    except KeyError as error:
        raise evaluation.bad("sheets", f"缺少 {error}") from error
    same("平均分 means", evaluation.where, _numbers(points_of(evaluation, "means")), _numbers(means))


def _check_price(record: Record, lot: str, evaluation: Row) -> None:
    price = evaluation.row("price")
    given = price.row_or_none("input")
    if given is None:
        same("评分结果 output", price.where, price.raw("output"), None)
        return
    wanted = _request(record, lot, evaluation, price)
    same("计算方法 method", given.where, given.raw("method"), wanted["method"])
    same("计算参数 parameters", given.where, _plain(given.raw("parameters")), _plain(wanted["parameters"]))
    same("参评投标 bids", given.where, _by_id(given), {row["id"]: _plain(row) for row in wanted["bids"]})
    same("评分结果 output", price.where, _plain(price.raw("output")), _plain(score(dict(given.value))))


def _request(record: Record, lot: str, evaluation: Row, price: Row) -> dict[str, Any]:
    """The request of the scoring contract as it follows from tender, openings and sheets."""
    method = record.tender.row("evaluation_method").value
    terms = record.tender.row("evaluation_method").row("price")
    parameters = dict(terms.row("parameters").value)
    if method.get("price_full_score") is not None:
        parameters.setdefault("full_score", method["price_full_score"])
    if method.get("tie_break") is not None:
        parameters.setdefault("tie_break", method["tie_break"])
    ceiling = record.lots[lot].decimal_or_none("ceiling_price")
    if ceiling is not None:
        parameters.setdefault("ceiling", f"{ceiling:f}")
    parameters.update(price.row("coefficients").value)
    items = record.tender.row("evaluation_method").rows("items")
    groups = {item.text("id"): item.text("group") for item in items}
    means = points_of(evaluation, "means")
    bids = []
    for row in evaluation.rows("bids"):
        name, rejected = row.text("bid"), row.flag("rejected")
        priced = record.priced(name)
        if priced is None and rejected:
            continue  # its price was never opened
        late = row.value.get("stage") == 2
        bids.append(
            {
                "id": name,
                "price": (priced or record.opening(name)).text("price"),
                "valid": not rejected or name in _screened(price),
                "scores": {}
                if rejected and (late or name not in means)
                else _grouped(means.get(name, {}), groups, evaluation),
            }
        )
    return {"method": terms.text("method"), "parameters": parameters, "bids": bids}


def _screened(price: Row) -> set[str]:
    """Bids that the price screen itself rejected: they went in as valid."""
    output = price.row_or_none("output")
    rows = output.rows("bids") if output is not None else []
    return {r.text("id") for r in rows if r.value.get("rejected") not in (None, "disqualified")}


def _grouped(means: Mapping[str, str], groups: Mapping[str, str], evaluation: Row) -> dict[str, str]:
    unknown = sorted(set(means) - set(groups))
    if unknown:
        raise evaluation.bad("means", f"评标办法没有此评分项 / unknown item {unknown[0]}")
    found = expert_means.group_scores({item: Decimal(p) for item, p in means.items()}, groups)
    return {group: f"{points:f}" for group, points in found.items()}


def _by_id(given: Row) -> dict[str, Any]:
    return {row.text("id"): _plain(dict(row.value)) for row in given.rows("bids")}


def _check_ranking(record: Record, evaluation: Row) -> None:
    output = evaluation.row("price").row_or_none("output")
    answers = output.rows("bids") if output is not None else []
    wanted = {
        r.text("id"): (r.integer("rank"), Decimal(r.text("total")))
        for r in answers
        if r.raw("rank") is not None
    }
    rows = evaluation.rows("ranking")
    found = {r.text("bid"): (r.integer("rank"), r.decimal("score")) for r in rows}
    same("排名 ranking", evaluation.where, found, wanted)
    same(
        "名次先后 order",
        evaluation.where,
        [r.integer("rank") for r in rows],
        sorted(rank for rank, _ in wanted.values()),
    )
    for row in rows:
        opening = record.opening(row.text("bid"))
        bidder = opening.row("bidder")
        same("投标人 bidder", row.where, row.text("bidder"), bidder.text("name"))
        same("统一社会信用代码 credit_code", row.where, row.text("credit_code"), bidder.text("credit_code"))
        priced = record.priced(row.text("bid")) or opening
        same("报价 price", row.where, row.decimal("price"), priced.decimal("price"))


def _check_report(record: Record, lot: str, evaluation: Row) -> int:
    """Every signature is over the report; the report names tender, lot and the ranked bids."""
    report = evaluation.row("report")
    payload = report.row("payload")
    same("报告所指招标 tender", payload.where, payload.text("tender"), record.payload.text("tender"))
    same("报告所指标段 lot", payload.where, str(payload.raw("lot")), lot)
    said = strings_in(dict(payload.value))
    for row in evaluation.rows("ranking"):
        if row.text("bid") not in said:
            raise Refused(NOT_THERE(what=f"评标报告中的投标 {row.text('bid')}"))
    signed = 0
    for row in evaluation.rows("signatures"):
        statement = row.row_or_none("statement")
        if statement is not None:
            found = statements.verify(statement.value, purpose="evaluation-report")
            same("所签内容 payload", row.where, dict(found.payload), dict(payload.value))
            signed += 1
        elif not row.flag("deemed"):
            raise row.bad("statement", "没有签名声明 / no statement")
    if not signed:
        raise Refused(UNSIGNED(where=evaluation.where, why="没有评委签名 / no member signed"))
    pdf = report.hex("pdf_sha256", 32)
    if pdf not in said:
        raise Refused(NOT_THERE(what=f"评标报告所签的 PDF 摘要 {pdf}"))
    if report.text("act", empty=True):
        record.acts.saying(report.text("act"), report.where, pdf, f"评标报告摘要 {pdf}")
    return signed


def _score_decimals(method: Row) -> int:
    found = method.row("price").row("parameters").value.get("score_decimals")
    return found if type(found) is int and 0 <= found <= 10 else 2


def _numbers(table: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Decimal]]:
    return {bid: {item: Decimal(points) for item, points in row.items()} for bid, row in table.items()}


def _plain(value: Any) -> Any:
    """Decimal texts by their value, absent and empty alike, so that "98.5" equals "98.50" (scoring §2)."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None and item != []}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str | int) and not isinstance(value, bool):
        try:
            return Decimal(value).normalize()
        except InvalidOperation:
            return value
    return value
