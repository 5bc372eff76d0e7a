"""Is the bid whole? The folder against the tender's requirements, before anything is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from bidtool.bidding.folder import FORM, PDF, BidFolder, FolderFile, file_digest
from bidtool.bidding.tender import Requirement, TenderInfo
from kernel.errors import Reason, ReasonForm, Refused
from kernel.guarantee_terms import figure, read_form
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
OVER_CEILING = ReasonForm(
    "bid.over_ceiling",
    zh="报价 {price} 超过最高投标限价 {ceiling}",
    en="the price {price} is over the ceiling price {ceiling}",
    law="招标投标法实施条例第五十一条",
)
GUARANTEE_OTHER = ReasonForm(
    "bid.guarantee_other",
    zh="保函的{what}为「{found}」，应为「{wanted}」",
    en="the guarantee's {what} is {found}; it must be {wanted}",
    law="12号令第二十五条",
)
GUARANTEE_SMALL = ReasonForm(
    "bid.guarantee_small",
    zh="保函金额 {found}，应 ≥ {wanted}",
    en="the guarantee is for {found}; it must be ≥ {wanted}",
    law="招标投标法实施条例第二十六条",
)
GUARANTEE_PDF = ReasonForm(
    "bid.guarantee_pdf",
    zh="保函 PDF 与签名表单载明的摘要不一致",
    en="the guarantee's PDF is not the one that its form names",
)


@dataclass
class Report:
    """``lines``: what was looked at, in Chinese, with its outcome; ``reasons``: what is wrong."""

    lines: list[tuple[bool, str]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    def take(self, words: str, *reasons: Reason | None) -> None:
        found = [reason for reason in reasons if reason is not None]
        self.lines.append((not found, words))
        self.reasons.extend(found)


def check_bid(folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any]) -> Report:
    """Look at everything; nothing is raised but for a tender without that lot."""
    report, lot = Report(), tender.lot(folder.lot)
    price = f"{figure(Decimal(str(summary['price'])))}，人民币{str(summary['price_in_words']).removeprefix('人民币')}"
    report.take(f"开标一览表：{summary['bidder']['name']}，报价 {price}", _ceiling(summary, lot))
    for wanted in tender.requirements:
        files = _files_for(folder, wanted)
        words = f"{wanted.title}（{wanted.role}/）：{len(files)} 个文件" + (
            "" if wanted.required else "，可不提交"
        )
        report.take(words, *_requirement(wanted, files))
    for file in folder.files:
        report.take(f"{file.path}（{file.where.stat().st_size} 字节）", _readable(file))
    _check_guarantee(report, folder, tender, lot, summary)
    return report


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
    kinds = [f for f in files if isinstance(f, FolderFile) and wanted.media_types]
    fitting = [f for f in kinds if f.media_type in wanted.media_types]
    if not kinds or fitting:
        return []
    return [
        WRONG_TYPE(title=wanted.title, path=f.path, found=f.media_type, wanted="、".join(wanted.media_types))
        for f in kinds
    ]


def _readable(file: FolderFile) -> Reason | None:
    """Empty files, and PDFs that do not open or are locked: the committee could not read them."""
    if file.where.stat().st_size == 0:
        return EMPTY_FILE(path=file.path)
    if file.media_type != "application/pdf":
        return None
    try:
        with file.where.open("rb") as stream:
            reader = PdfReader(stream)
            if reader.is_encrypted:
                return BROKEN_PDF(path=file.path, why="有口令保护 / protected by a password")
            len(reader.pages)
    except (PyPdfError, ValueError, TypeError, KeyError, OSError, RecursionError, AttributeError) as error:
        return BROKEN_PDF(path=file.path, why=str(error)[:120] or type(error).__name__)
    return None


def _check_guarantee(
    report: Report, folder: BidFolder, tender: TenderInfo, lot: Mapping[str, Any], summary: Mapping[str, Any]
) -> None:
    """The guarantee's form against tender, lot, bidder and bond; its PDF against the form."""
    signed = folder.guarantee()
    if signed is None:
        return
    try:
        said = statements.verify(signed, purpose="guarantee")
        form = read_form(dict(said.payload))
    except Refused as refusal:
        report.take(f"保函表单 {FORM}", *refusal.reasons)
        return
    pairs = (
        ("招标编号", form.tender, tender.number),
        ("标段", form.lot, folder.lot),
        ("申请人", form.applicant.name, summary["bidder"]["name"]),
        ("受益人", form.beneficiary.name, tender.beneficiary["name"]),
    )
    wrong = [GUARANTEE_OTHER(what=w, found=f, wanted=x) for w, f, x in pairs if f != x]
    bond = lot.get("bond_amount")
    small = isinstance(bond, str) and bond != "" and form.amount < Decimal(bond)
    wanted = figure(Decimal(bond)) if small and isinstance(bond, str) else ""
    pdf = folder.root / PDF
    report.take(
        f"保函 {form.number}：{form.issuer.name}，{figure(form.amount)}，有效期至 {form.valid_until}",
        *wrong,
        GUARANTEE_SMALL(found=figure(form.amount), wanted=wanted) if small else None,
        GUARANTEE_PDF() if pdf.is_file() and file_digest(pdf) != form.pdf_sha256 else None,
    )
