"""Check 13: what had to come first came first, by the acts' times and by their places in the log."""

from __future__ import annotations

from bidtool.record import envelopes
from bidtool.record.acts import Act
from bidtool.record.reasons import NOT_THERE, OUT_OF_ORDER
from bidtool.record.record import Record
from bidtool.record.rows import Row
from bidtool.record.scores import evaluations
from bidtool.record.steps import Steps
from kernel.clock import beijing
from kernel.errors import Refused


def check(record: Record, steps: Steps) -> None:
    submitted = _check_bids(record, steps)
    start = _check_session(record, submitted, steps)
    second = _check_second(record, steps)
    for lot, evaluation in evaluations(record).items():
        with steps.at(evaluation.where):
            _check_evaluation(record, evaluation, start)
            if second is not None and record.is_dual(lot):
                _check_locked_first(record, evaluation, second)
            steps.add(
                "record.order",
                f"标段 {lot}：开标、评分锁定、评标报告先后相符",
                f"lot {lot}: opening, locked sheets and report are in order",
            )
    awards = record.optional("awards.json")
    for lot_row in awards.rows("lots") if awards is not None else []:
        with steps.at(lot_row.where):
            _check_award(record, lot_row, steps)
    if not record.bids:
        steps.not_yet("投标", "bids")


def before(earlier: str, first: Act, later: str, second: Act) -> None:
    """In time and in the log. The log numbers acts in batches, so its places may not contradict."""
    if first.at > second.at or first.index >= second.index:
        raise Refused(
            OUT_OF_ORDER(
                earlier=f"{earlier} #{first.index}",
                earlier_at=beijing(first.at, fraction=True),
                later=f"{later} #{second.index}",
                later_at=beijing(second.at, fraction=True),
            )
        )


def _check_bids(record: Record, steps: Steps) -> list[Act]:
    found: list[Act] = []
    for name, bid in record.bids.items():
        with steps.at(f"bids/{name}/bid.json"):
            acts = bid.row("acts")
            submit = record.acts.named(acts.text("submit"), bid.where)
            _in_time(record, "递交 submit", submit)
            if acts.text("withdraw", empty=True):
                withdraw = record.acts.named(acts.text("withdraw"), bid.where)
                before("递交", submit, "撤回", withdraw)
                if bid.text("status") == "withdrawn":
                    _in_time(record, "撤回 withdraw", withdraw)
            found.append(submit)
    if found:
        last = max(found, key=lambda act: act.at)
        steps.add(
            "record.in_time",
            f"{len(found)} 份投标均在截止时间 {beijing(record.deadline)} 前递交，最后一份 {beijing(last.at, fraction=True)}",
            f"{len(found)} bids came before the deadline {record.deadline.isoformat()}, the last at {last.at.isoformat()}",
        )
    return found


def _in_time(record: Record, what: str, act: Act) -> None:
    if act.at >= record.deadline:
        raise Refused(
            OUT_OF_ORDER(
                earlier=what,
                earlier_at=beijing(act.at, fraction=True),
                later="投标截止 deadline",
                later_at=beijing(record.deadline),
            )
        )


def _check_session(record: Record, submitted: list[Act], steps: Steps) -> Act | None:
    session = record.optional("opening.json")
    if session is None:
        return None
    with steps.at("opening.json"):
        start = record.acts.named(session.row("acts").text("start"), session.where)
        if start.at < record.deadline:
            raise Refused(
                OUT_OF_ORDER(
                    earlier="投标截止 deadline",
                    earlier_at=beijing(record.deadline),
                    later="开标 start",
                    later_at=beijing(start.at, fraction=True),
                )
            )
        for submit in submitted:
            before("递交", submit, "开标", start)
    for name, bid in record.bids.items():
        with steps.at(f"bids/{name}/bid.json"):
            opened = bid.row("acts").text("open", empty=True)
            if opened:
                before("开标", start, "开启", record.acts.named(opened, bid.where))
    steps.add(
        "record.opened_after",
        "所有投标均在截止和开标之后开启",
        "every bid was opened after deadline and start",
    )
    return start


def _check_second(record: Record, steps: Steps) -> Act | None:
    """Second envelopes: nothing of a price part was released before their opening had begun."""
    session = record.optional(envelopes.SECOND)
    released = envelopes.releases_of_prices(record)
    if session is None:
        if released:
            raise Refused(NOT_THERE(what=envelopes.SECOND))
        return None
    with steps.at(envelopes.SECOND):
        second = record.acts.named(session.row("acts").text("start"), session.where)
        first = record.optional("opening.json")
        if first is not None and first.row("acts").text("close", empty=True):
            before(
                "第一信封闭会",
                record.acts.named(first.row("acts").text("close"), first.where),
                "第二信封开标",
                second,
            )
        for verb, act in released:
            before("第二信封开标", second, verb, act)
    steps.add(
        "record.second_after",
        f"报价部分的 {len(released)} 次密钥提交和开启都在第二信封开标之后",
        f"all {len(released)} releases and openings of price parts came after the second opening began",
    )
    return second


def _check_locked_first(record: Record, evaluation: Row, second: Act) -> None:
    """Technical scores stand before prices: a successor alone (``3.2``) may have locked later."""
    for sheet in evaluation.rows("sheets"):
        if "." not in sheet.text("seat"):
            before("锁定技术评分", record.acts.named(sheet.text("act"), sheet.where), "第二信封开标", second)


def _check_evaluation(record: Record, evaluation: Row, start: Act | None) -> None:
    report = evaluation.row("report").text("act", empty=True)
    finished = record.acts.named(report, evaluation.where) if report else None
    for sheet in evaluation.rows("sheets"):
        lock = record.acts.named(sheet.text("act"), sheet.where)
        if start is not None:
            before("开标", start, "锁定评分", lock)
        if finished is not None:
            before("锁定评分", lock, "评标报告", finished)


def _check_award(record: Record, lot: Row, steps: Steps) -> None:
    """report → candidates → award → contract."""
    acts = lot.row("acts")
    last: tuple[str, Act] | None = None
    for key, words in (
        ("report", "收到评标报告"),
        ("candidates", "候选人公示"),
        ("award", "定标"),
        ("contract", "合同"),
    ):
        act_id = acts.text(key, empty=True)
        if not act_id:
            continue
        act = record.acts.named(act_id, lot.where)
        if last is not None:
            before(last[0], last[1], words, act)
        last = (words, act)
    if last is not None:
        steps.add(
            "record.award_order",
            f"标段 {lot.text('lot')}：报告、公示、定标、合同先后相符",
            f"lot {lot.text('lot')}: report, candidates, award and contract are in order",
        )
