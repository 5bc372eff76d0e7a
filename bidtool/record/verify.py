"""All thirteen checks of a record, one after the other; each passes with its evidence or fails with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bidtool.record import acts as acts_checks
from bidtool.record import (
    awards,
    certificates,
    draws,
    guarantees,
    omissions,
    openings,
    receipts,
    scores,
    session,
    times,
)
from bidtool.record.acts import Acts
from bidtool.record.directory import RECORD, Folder, compare_names
from bidtool.record.reasons import FILE_BAD, NO_RECORD, PIN_DIFFERS
from bidtool.record.record import Pins, Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import CheckResult, Steps
from kernel.errors import Refused
from sealing import fields, statements

TITLES = {
    1: ("档案签名和每个文件的摘要", "the record's signature and every file's digest"),
    2: ("日志检查点签名", "the checkpoint's signature"),
    3: ("每条行为记录均在日志中", "every act is in the log"),
    4: ("每份投标回执", "each receipt"),
    5: ("每份开启的投标与信封一致", "each opening equals its envelope"),
    6: ("签名证书在签名时有效", "certificates were good when they signed"),
    7: ("保函签名与条款", "guarantees' signatures and terms"),
    8: ("开标记录", "the opening record"),
    9: ("抽取重算", "draws recomputed"),
    10: ("评分表与锁定行为一致", "score sheets equal their locking acts"),
    11: ("平均分、报价得分和排名重算", "means, price scores and ranking recomputed"),
    12: ("候选人、公示、定标、合同", "candidates, standstill, award, contract"),
    13: ("行为先后与时间", "order and times of the acts"),
    14: ("日志里的公开行为一条不少", "no open act of the log is left out"),
}
_PAYLOAD = ("v", "tender", "title", "exported_at", "training", "log_origin", "log_vkey", "platform_public_key",
            "checkpoint_size", "files")  # fmt: skip
#: Hears of ``(what, bytes done, bytes in all)`` while files are digested.
Progress = Callable[[str, int, int], None]


def verify(
    root: Path,
    pins: Pins,
    progress: Progress = lambda what, done, total: None,
    mirror: Path | None = None,
) -> Iterator[CheckResult]:
    """The results, in order, as they come. ``Refused`` only when ``root`` is no directory at all.

    With ``mirror``, the auditor's own copy of the log, a fourteenth check asks it what the record leaves out.
    """
    if not root.is_dir():
        raise Refused(NO_RECORD(path=root.name))
    folder = Folder(root)
    steps = Steps()
    record: Record | None = None
    try:
        steps.where = RECORD
        record = _read(folder, pins, steps)
        _check_files(folder, record.payload, steps, progress)
        yield _passed(1, steps)
    except Refused as refusal:
        yield _failed(1, steps, refusal)
    except (OSError, RecursionError, TypeError, ValueError) as error:
        yield _failed(1, steps, Refused(FILE_BAD(path=steps.where, why=repr(error)[:200])))
    for number, check in _checks(folder, record):
        yield _run(number, check, record)
    if mirror is not None:
        copy = mirror
        yield _run(14, lambda found, steps: omissions.check(found, copy, steps), record)


def _checks(folder: Folder, record: Record | None) -> Iterator[tuple[int, Callable[[Record, Steps], None]]]:
    def log(found: Record, steps: Steps) -> None:
        acts_checks.check_checkpoint(folder, found.payload, found.pins.vkey, steps)

    def acts(found: Record, steps: Steps) -> None:
        head = acts_checks.check_checkpoint(folder, found.payload, found.pins.vkey, Steps())
        acts_checks.check_acts(found.acts, head, steps)

    yield from enumerate(
        (log, acts, receipts.check, openings.check, certificates.check, guarantees.check, session.check,
         draws.check, scores.check_sheets, scores.check_results, awards.check, times.check),
        start=2,
    )  # fmt: skip


def _run(number: int, check: Callable[[Record, Steps], None], record: Record | None) -> CheckResult:
    if record is None:
        return CheckResult(number, *TITLES[number], status="skipped")
    steps = Steps()
    try:
        check(record, steps)
    except Refused as refusal:
        return _failed(number, steps, refusal)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        OSError,
        RecursionError,
    ) as error:
        # A record is a stranger's: what no reader foresaw fails the check, it never ends the verifier.
        return _failed(number, steps, Refused(FILE_BAD(path=steps.where or RECORD, why=repr(error)[:200])))
    return _passed(number, steps)


def _passed(number: int, steps: Steps) -> CheckResult:
    return CheckResult(number, *TITLES[number], status="passed", evidence=steps.steps)


def _failed(number: int, steps: Steps, refusal: Refused) -> CheckResult:
    return CheckResult(
        number,
        *TITLES[number],
        status="failed",
        evidence=steps.steps,
        where=steps.where,
        reasons=refusal.reasons,
    )


def _read(folder: Folder, pins: Pins, steps: Steps) -> Record:
    """record.json: canonical, signed by the key it names, that key being the pinned one."""
    signed = folder.json(RECORD)
    found = statements.verify(signed.value, purpose="public-record")
    payload = Row(fields.exact_keys(dict(found.payload), "payload", _PAYLOAD), RECORD)
    same("签名公钥", RECORD, found.public_key_hex, payload.hex("platform_public_key", 32))
    if pins.platform and pins.platform != found.public_key_hex:
        raise Refused(PIN_DIFFERS(what="平台公钥", found=found.public_key_hex, wanted=pins.platform))
    payload.time("exported_at")
    steps.add(
        "record.signature",
        f"档案签名有效：招标 {payload.text('tender')}「{payload.text('title')}」，平台公钥 {found.public_key_hex}"
        + ("（演练）" if payload.flag("training") else "")
        + ("" if pins.platform else "；未固定平台公钥（--pin-platform），只证明档案自身一致"),
        f"signed record of {payload.text('tender')}, platform key {found.public_key_hex}"
        + (" (training)" if payload.flag("training") else "")
        + (
            ""
            if pins.platform
            else "; the platform key is not pinned: the record is only shown to agree with itself"
        ),
        platform_public_key=found.public_key_hex,
    )
    return Record(folder, payload, pins, Acts(folder))


def _check_files(folder: Folder, payload: Row, steps: Steps, progress: Progress) -> None:
    listed = payload.row("files")
    compare_names(folder.paths(), listed)
    total = sum(listed.row(path).integer("size") for path in listed.value)
    done = 0
    for path in sorted(listed.value):
        steps.where = path
        done += folder.check_file(path, listed.row(path))
        progress(path, done, total)
    steps.add(
        "record.files",
        f"{len(listed.value)} 个文件共 {total} 字节，SHA-256 和大小全部相符，没有多余或缺少的文件",
        f"{len(listed.value)} files, {total} bytes: every SHA-256 and size is right, none missing, none extra",
        files=len(listed.value),
        bytes=total,
    )
