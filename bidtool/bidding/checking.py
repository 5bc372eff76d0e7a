"""Is the bid whole? The folder against the tender's requirement list, before anything is sealed.

Every finding has a code. What the tender must have (:attr:`Report.reasons`) stops the sealing; what a committee
would correct or ask about (:attr:`Report.notes`) is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bidtool.bidding.anonymity import anonymous_reasons, price_reasons, secrets_of
from bidtool.bidding.bills import bill_findings
from bidtool.bidding.folder import FORM, PDF, BidFolder, FolderFile, file_digest, files_of
from bidtool.bidding.tender import Requirement, TenderInfo
from bidtool.contents import confined
from kernel.bid_rules import PART_ZH, TECHNICAL
from kernel.clock import BEIJING
from kernel.errors import Reason, ReasonForm, Refused
from kernel.guarantee_terms import GuaranteeRequirement, Party, figure, legal_cap, read_form, reasons_against
from kernel.money import words
from sealing import statements

MISSING = ReasonForm(
    "bid.requirement_missing",
    zh="缺少「{title}」（子目录 {role}/）",
    en="{title} is missing (folder {role}/)",
)
WRONG_TYPE = ReasonForm(
    "bid.wrong_media_type",
    zh="「{title}」的文件 {path} 是 {found}，应为 {wanted}",
    en="{path} of {title} is {found}; it must be {wanted}",
)
EMPTY_FILE = ReasonForm("bid.empty_file", zh="文件 {path} 是空的", en="file {path} is empty")
BROKEN_PDF = ReasonForm(
    "bid.broken_pdf", zh="文件 {path} 打不开：{why}", en="file {path} cannot be opened: {why}"
)
TOO_LARGE = ReasonForm(
    "bid.file_too_large",
    zh="「{title}」的文件 {path} 有 {found} MB，不得超过 {limit} MB",
    en="{path} of {title} has {found} MB; at most {limit} MB",
)
OVER_CEILING = ReasonForm(
    "bid.over_ceiling",
    zh="报价 {price} 超过最高投标限价 {ceiling}",
    en="the price {price} is over the ceiling price {ceiling}",
    law="招标投标法实施条例第五十一条",
)
WORDS_DIFFER = ReasonForm(
    "bid.words_differ",
    zh="大写金额「{found}」与报价 {price} 不符，应为「{wanted}」",
    en="the amount in words {found} is not the price {price}: it must be {wanted}",
    law="12号令第十九条",
)
TOO_LONG = ReasonForm(
    "bid.duration_too_long",
    zh="工期 {found} 日历天，超过招标文件要求的 {wanted} 日历天",
    en="the duration is {found} days; the tender asks for at most {wanted}",
    law="招标投标法实施条例第五十一条",
)
QUALITY_OTHER = ReasonForm(
    "bid.quality_other",
    zh="质量标准「{found}」，招标文件要求「{wanted}」",
    en="the quality is {found}; the tender asks for {wanted}",
    law="招标投标法实施条例第五十一条",
)
NO_MANAGER = ReasonForm(
    "bid.manager_missing",
    zh="没有写明项目经理（bid.toml 的 [project_manager]，写姓名和注册证书编号）",
    en="no project manager is named ([project_manager] in bid.toml)",
    law="招标投标法第二十七条",
)
GUARANTEE_PDF = ReasonForm(
    "bid.guarantee_pdf",
    zh="保函 PDF 与签名表单载明的摘要不一致",
    en="the guarantee's PDF is not the one that its form names",
)


@dataclass
class Report:
    """``lines``: what was looked at, in Chinese, with its outcome; ``reasons``: what must be put right; ``notes``:
    what is only said."""

    lines: list[tuple[bool, str]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)

    def take(self, words: str, *reasons: Reason | None) -> None:
        found = [reason for reason in reasons if reason is not None]
        self.lines.append((not found, words))
        self.reasons.extend(found)

    def left(self, despite: tuple[str, ...]) -> list[Reason]:
        """What still stops the sealing when the bidder does not heed these codes (``all``: none of them)."""
        return [] if "all" in despite else [r for r in self.reasons if r.code not in despite]


def check_bid(folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any]) -> Report:
    """Look at everything; nothing is raised but for a tender without that lot. ``summary``: the one that tells
    the price."""
    report, lot = Report(), tender.lot(folder.lot)
    _check_summary(report, tender, lot, summary)
    for wanted in tender.requirements:
        files = _files_for(folder, wanted)
        words = f"{wanted.title}（{wanted.role}/）：{len(files)} 个文件" + (
            "" if wanted.required else "，可不提交"
        )
        report.take(words, *_requirement(wanted, files))
    for file in folder.files:
        report.take(f"{file.path}（{file.where.stat().st_size} 字节）", _readable(file))
    _check_bill(report, folder, tender, summary)
    _check_guarantee(report, folder, tender, lot, summary)
    check_anonymity(report, folder, tender, summary)
    _check_parts(report, folder, tender, summary)
    return report


def check_anonymity(
    report: Report, folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any]
) -> None:
    """暗标: only when the tender asks for it."""
    rules = tender.rules.anonymous
    if rules is None:
        return
    secrets = secrets_of(folder, summary)
    for file in folder.files:
        if file.role in rules.roles:
            report.take(f"暗标 {file.path}", *anonymous_reasons(file, rules, secrets))


def _check_parts(report: Report, folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any]) -> None:
    """双信封: what lies in which envelope, and no price in the first."""
    if tender.scheme(folder.lot) != "dual":
        return
    for part in tender.parts(folder.lot):
        inside = "、".join(f.path for f in files_of(folder, tender, part)) or "开标一览表"
        report.lines.append((True, f"{PART_ZH[part]}：{inside}"))
    first = files_of(folder, tender, TECHNICAL)
    report.take("第一信封不含报价", *price_reasons(first, summary))


def _check_summary(
    report: Report, tender: TenderInfo, lot: Mapping[str, Any], summary: Mapping[str, Any]
) -> None:
    price = Decimal(str(summary["price"]))
    shown = str(summary["price_in_words"]).removeprefix("人民币")
    wanted = words(price).removeprefix("人民币")
    plain = {"正": "整", "圆": "元"}
    same = "".join(plain.get(c, c) for c in shown) == "".join(plain.get(c, c) for c in wanted)
    report.take(
        f"开标一览表：{summary['bidder']['name']}，报价 {figure(price)}，人民币{shown}",
        _ceiling(summary, lot),
        None if same else WORDS_DIFFER(found=shown, price=figure(price), wanted=wanted),
    )
    longest, quality = lot.get("duration_days"), tender.rules.quality
    found = int(summary["duration_days"])
    if type(longest) is int:
        late = TOO_LONG(found=found, wanted=longest) if found > longest else None
        report.take(f"工期 {found} 日历天（要求不超过 {longest}）", late)
    if quality:
        other = QUALITY_OTHER(found=summary["quality"], wanted=quality)
        report.take(f"质量标准 {summary['quality']}", other if summary["quality"] != quality else None)
    if tender.rules.project_manager:
        manager = summary.get("project_manager")
        report.take(f"项目经理 {manager['name'] if manager else '—'}", None if manager else NO_MANAGER())


def _check_bill(report: Report, folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any]) -> None:
    rules = tender.rules.boq
    files = [f for f in folder.with_role("boq") if f.where.suffix.lower() in (".csv", ".xlsx", ".xlsm")]
    if rules is None:
        return
    found = bill_findings(files, rules, Decimal(str(summary["price"])))
    report.take(found.words, *found.reasons)
    report.notes.extend(found.notes)


def _ceiling(summary: Mapping[str, Any], lot: Mapping[str, Any]) -> Reason | None:
    ceiling = lot.get("ceiling_price")
    if not isinstance(ceiling, str) or not ceiling or Decimal(str(summary["price"])) <= Decimal(ceiling):
        return None
    return OVER_CEILING(price=figure(Decimal(str(summary["price"]))), ceiling=figure(Decimal(ceiling)))


def _files_for(folder: BidFolder, wanted: Requirement) -> list[FolderFile] | list[str]:
    # The summary and its signature are made when the bid is sealed.
    return [wanted.role] if wanted.role.startswith("bid_summary") else folder.with_role(wanted.role)


def _requirement(wanted: Requirement, files: list[FolderFile] | list[str]) -> list[Reason | None]:
    if not files:
        return [MISSING(title=wanted.title, role=wanted.role)] if wanted.required else []
    real = [f for f in files if isinstance(f, FolderFile)]
    found: list[Reason | None] = []
    for file in real if wanted.max_mb else []:
        size = file.where.stat().st_size
        if size > wanted.max_mb * 1024 * 1024:
            said = {"found": f"{size / 1024 / 1024:.1f}", "limit": wanted.max_mb}
            found.append(TOO_LARGE(title=wanted.title, path=file.path, **said))
    if real and wanted.media_types and not any(f.media_type in wanted.media_types for f in real):
        kinds = "、".join(wanted.media_types)
        found += [WRONG_TYPE(title=wanted.title, path=f.path, found=f.media_type, wanted=kinds) for f in real]
    return found


def _readable(file: FolderFile) -> Reason | None:
    """Empty files, and PDFs that do not open or are locked: the committee could not read them."""
    if file.where.stat().st_size == 0:
        return EMPTY_FILE(path=file.path)
    if file.media_type != "application/pdf":
        return None
    if file.where.stat().st_size > confined.LARGEST:
        return None
    try:
        seen = confined.look("pdf_opens", file.where, file.path, {})
    except Refused as refusal:
        return BROKEN_PDF(path=file.path, why=refusal.reasons[0].zh)
    return BROKEN_PDF(path=file.path, why="有口令保护 / protected by a password") if seen["locked"] else None


def _check_guarantee(
    report: Report, folder: BidFolder, tender: TenderInfo, lot: Mapping[str, Any], summary: Mapping[str, Any]
) -> None:
    """The guarantee's form by the very rules of the opening (amount, validity, beneficiary, applicant …); its PDF
    against the form. Whether the issuer is licensed the platform's list says, and that it was not used before."""
    signed = folder.guarantee()
    if signed is None:
        return
    try:
        said = statements.verify(signed, purpose="guarantee")
        form = read_form(dict(said.payload))
    except Refused as refusal:
        report.take(f"保函表单 {FORM}", *refusal.reasons)
        return
    asked = _guarantee_asked(folder, tender, lot, summary, form.issuer.credit_code)
    pdf = folder.root / PDF
    report.take(
        f"保函 {form.number}：{form.issuer.name}，{figure(form.amount)}，有效期至 {form.valid_until}",
        *(reasons_against(form, asked) if asked is not None else ()),
        GUARANTEE_PDF() if pdf.is_file() and file_digest(pdf) != form.pdf_sha256 else None,
    )


def _guarantee_asked(
    folder: BidFolder, tender: TenderInfo, lot: Mapping[str, Any], summary: Mapping[str, Any], issuer: str
) -> GuaranteeRequirement | None:
    """``None``: the saved tender does not say enough (no deadline, no sum)."""
    bond, days = lot.get("bond_amount"), tender.value.get("bid_validity_days")
    if tender.deadline is None or not isinstance(bond, str) or not bond or type(days) is not int:
        return None
    estimate = lot.get("estimate")
    cap = (
        legal_cap(Decimal(estimate), works=True)
        if isinstance(estimate, str) and estimate
        else Decimal(10**15)
    )
    return GuaranteeRequirement(
        beneficiary=Party(**tender.beneficiary),
        bidder=Party(str(summary["bidder"]["name"]), str(summary["bidder"]["credit_code"])),
        tender=tender.number,
        lot=folder.lot,
        amount=Decimal(bond),
        cap=max(cap, Decimal(bond)),
        deadline=tender.deadline,
        valid_until=(tender.deadline + timedelta(days=days)).astimezone(BEIJING).date(),
        licensed_issuers=(issuer,),
        used={},
    )
