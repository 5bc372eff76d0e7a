"""Refusals about signatures in PDF files."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

BYTE_RANGE = ReasonForm(
    "pdf.byte_range",
    zh="签名声明的覆盖范围 {found} 有缺口：除签名值之外还有没被签的字节",
    en="the signature's byte range {found} leaves out more than the signature value itself",
)
NOT_COVERED = ReasonForm(
    "pdf.not_covered",
    zh="签名没有覆盖它那一版的全部内容",
    en="the signature does not cover the whole of its revision",
)
CHANGED = ReasonForm(
    "pdf.changed_after",
    zh="签名之后文件被改动，超出了签名、填表和补充证据的范围：{why}",
    en="the file was changed after signing by more than signatures, form filling and evidence: {why}",
    law="电子签名法第十三条第四项",
)
ENCRYPTED = ReasonForm(
    "pdf.encrypted",
    zh="PDF 有口令保护，不能核验；请先去掉口令",
    en="the PDF is protected by a password and cannot be checked",
    kind=Kind.MALFORMED,
)
SUBFILTER = ReasonForm(
    "pdf.subfilter",
    zh="不认识的 PDF 签名格式 {found}",
    en="unknown kind of PDF signature {found}",
    kind=Kind.MALFORMED,
)
TOO_MANY = ReasonForm(
    "pdf.too_many_signatures",
    zh="PDF 中的签名超过 {limit} 个",
    en="the PDF holds more than {limit} signatures",
    kind=Kind.MALFORMED,
)
STALE = ReasonForm(
    "pdf.stale",
    zh="您准备签名的时候别人先签了，请在新的版本上重新签名",
    en="somebody else signed while you were preparing: prepare again over the new revision",
    kind=Kind.CONFLICT,
)
NO_ROOM = ReasonForm(
    "pdf.no_room",
    zh="签名连同时间戳和证书有 {size} 字节，超过预留的 {room} 字节",
    en="the signature with its certificates has {size} bytes, {room} were set aside",
)
FOREIGN = ReasonForm(
    "pdf.foreign_revision",
    zh="平台给出的待签版本与您要签的文件不符：{why}。没有签名",
    en="the revision to sign is not the document you mean to sign: {why}. Nothing was signed",
    kind=Kind.CONFLICT,
)
