"""暗标: does an anonymous part tell whose it is? And does a first envelope tell the price?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bidtool.bidding.folder import BidFolder, FolderFile
from bidtool.contents import confined
from bidtool.contents.words import folded
from kernel.bid_rules import AnonymousRules
from kernel.errors import Reason, ReasonForm, Refused

_LAW = "电子招标投标办法第二十六条"


def _form(code: str, zh: str, en: str) -> ReasonForm:
    return ReasonForm(
        f"anonymous.{code}", zh=f"暗标 {{path}}{{page}}{zh}", en=f"{{path}}{{page}}: {en}", law=_LAW
    )


#: What a reader's finding is called, in words.
FORMS = {
    "name": _form("name", "出现了投标人信息「{what}」", "names the bidder: {what}"),
    "metadata": _form("metadata", "的文件属性写有「{what}」，请清除文件属性后再导出",
                      "its properties say {what}: clear them"),
    "exif": _form("exif", "的图片带有拍摄信息「{what}」", "a picture carries {what}"),
    "header": _form("header", "页边距内有文字「{what}」，暗标不得有页眉、页脚", "text in the margin: {what}"),
    "colour": _form("colour", "有黑色以外的颜色：{what}", "a colour other than black: {what}"),
    "font": _form("font", "使用了规定以外的字体：{what}", "a font that is not allowed: {what}"),
    "pages": _form("pages", "共 {what} 页，超过规定的页数", "has {what} pages, more than allowed"),
    "page_size": _form("page_size", "的页面为 {what}，不是规定的纸张", "the page measures {what}"),
    "image": _form("image", "含有图片（{what}），规定不得插图", "holds a picture ({what})"),
    "image_colour": _form("image_colour", "的图片是彩色的（{what}）", "a picture in colour ({what})"),
    "image_unreadable": _form("image_unreadable", "的图片读不出来：{what}", "a picture cannot be read: {what}"),
    "attachment": _form("attachment", "带有附件（{what}）", "has attachments ({what})"),
    "signature": _form("signature", "带有电子签名（{what}），签名证书会表明身份", "is signed ({what})"),
}  # fmt: skip
KIND_UNKNOWN = ReasonForm(
    "anonymous.kind_unknown",
    zh="暗标 {path} 是 {kind}，无法检查其中有没有投标人信息，请改用 PDF 或 DOCX",
    en="{path} is {kind}: it cannot be checked, use PDF or DOCX",
    law=_LAW,
)
PRICE_SHOWN = ReasonForm(
    "bid.price_in_first_envelope",
    zh="第一信封的文件 {path}{page}出现了报价「{what}」；报价只能写在第二信封",
    en="{path}{page} in the first envelope tells the price {what}",
    law="招标投标法第二十七条",
)
_KINDS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word",
    "image/jpeg": "picture",
    "image/png": "picture",
    "image/tiff": "picture",
    "text/plain": "text",
    "text/markdown": "text",
    "text/csv": "text",
}
#: What stands behind a firm's own name and is no mark of it.
_LEGAL_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "公司", "集团")


def secrets_of(folder: BidFolder, summary: Mapping[str, Any]) -> list[str]:
    """What must not stand in an anonymous file: the firm's name, also without its legal form, its code, the project
    manager, the certificate's number, and ``anonymous_words`` of the description."""
    name = str(summary["bidder"]["name"])
    short = next((name.removesuffix(form) for form in _LEGAL_FORMS if name.endswith(form)), name)
    found = [name, summary["bidder"]["credit_code"], *([short] if len(short) >= 4 else [])]
    if manager := summary.get("project_manager"):
        found += [manager["name"], manager["certificate"]]
    found += [str(name) for name in summary.get("consortium", ())]
    more = folder.description.get("anonymous_words") or []
    found += [str(word) for word in more if str(word).strip()] if isinstance(more, list) else []
    return list(dict.fromkeys(found))


def anonymous_reasons(file: FolderFile, rules: AnonymousRules, secrets: list[str]) -> list[Reason]:
    """Everything that tells whose file it is, with its page; empty when nothing was found."""
    found: list[Reason] = []
    for word in secrets:
        if folded(word) in folded(file.path):
            found.append(FORMS["name"](path=file.path, page="（文件名）", what=word))
    kind = _KINDS.get(file.media_type)
    if kind is None:
        return [*found, KIND_UNKNOWN(path=file.path, kind=file.media_type)]
    try:
        seen = confined.look(kind, file.where, file.path, {"words": secrets, "rules": rules.as_json()})
    except Refused as refusal:
        return [*found, *refusal.reasons]
    return [*found, *(_reason(FORMS[row["code"]], file, row) for row in seen["findings"])]


def price_reasons(files: Iterable[FolderFile], summary: Mapping[str, Any]) -> list[Reason]:
    """Where the first envelope's files say the price, in figures or in words."""
    price, found = Decimal(str(summary["price"])), []
    spelled = {f"{price:.2f}", f"{price:,.2f}", str(summary["price_in_words"]).removeprefix("人民币")}
    if price == price.to_integral_value():
        spelled |= {f"{price:.0f}元", f"{price:,.0f}元"}
    for file in files:
        kind = _KINDS.get(file.media_type)
        if kind in (None, "picture"):
            continue
        try:
            seen = confined.look(kind, file.where, file.path, {"words": sorted(spelled), "rules": {}})
        except Refused as refusal:
            found += refusal.reasons
            continue
        found += [_reason(PRICE_SHOWN, file, row) for row in seen["findings"] if row["code"] == "name"]
    return found


def _reason(form: ReasonForm, file: FolderFile, row: Mapping[str, Any]) -> Reason:
    page = f" 第 {row['page']} 页" if row["page"] else " "
    return form(path=file.path, page=page, what=row["what"])
