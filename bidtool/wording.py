"""What is signed, in words: statement types and field names in Chinese, for ``bidtool sign`` and the agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: What a signature of each purpose means, for the one who gives it.
MEANING = {
    "login": "登录平台",
    "opening-record": "确认开标记录",
    "evaluation-report": "签署评标报告",
    "evaluation-declaration": "签署评委保密与回避声明",
    "bid-summary": "签署开标一览表",
    "bid-identity": "表明投标人身份",
    "bid-withdrawal": "撤回投标",
    "key-lost": "报失投标密钥",
    "share-release": "提交密钥分片",
    "guarantee-application": "申请投标保函",
    "guarantee-release": "解除保函",
    "guarantee-demand": "向保函开立人索赔",
    "agency-admission": "签署中介机构入驻与报名承诺",
}
WORDS = {
    "tender": "招标编号", "title": "名称", "lot": "标段", "bid": "投标编号", "bidder": "投标人", "name": "名称",
    "credit_code": "统一社会信用代码", "price": "报价", "price_in_words": "报价大写", "bids": "投标", "lots": "标段",
    "ranking": "排名", "rank": "名次", "score": "得分", "objections": "异议", "text": "内容", "answer": "答复",
    "platform": "平台", "at": "时间", "challenge": "挑战", "amount": "金额", "number": "编号", "status": "状态",
    "duration_days": "工期（天）", "quality": "质量", "envelope_sha256": "信封摘要", "report_sha256": "报告摘要",
    "record_sha256": "记录摘要", "pdf_sha256": "PDF 摘要", "started_at": "开始时间", "organization": "单位",
    "part": "部分", "currency": "币种", "pseudonym": "一次性公钥", "header_core": "信封头摘要", "remarks": "备注",
    "project_manager": "项目负责人", "certificate": "证书编号", "guarantee": "保函", "issuer": "开立人", "role": "身份",
    "version": "版本", "reason": "原因", "v": "格式版本",
}  # fmt: skip
MOST_LINES = 2000


def in_words(purpose: str, payload: Any, *, most: int = MOST_LINES, whole: bool = False) -> Iterator[str]:
    """Lines that say what is signed; long ones are cut, and say so, unless the ``whole`` of them is wanted."""
    yield f"您将签署：{MEANING.get(purpose, purpose)}（mingtang/{purpose}）"
    for number, line in enumerate(_lines(payload, 1, whole)):
        if number == most:
            yield f"  ……以上为前 {most} 行，其余内容请在签名前查看文件 / more in the file"
            return
        yield line


def _lines(value: Any, depth: int, whole: bool) -> Iterator[str]:
    pad = "  " * min(depth, 8)
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value, start=1)
        if isinstance(value, list)
        else ()
    )
    for key, item in pairs:
        name = WORDS.get(str(key)) or _unknown(plain(key, whole))
        if isinstance(item, dict | list):
            yield f"{pad}{name}："
            yield from _lines(item, depth + 1, whole)
        else:
            yield f"{pad}{name}：{plain(item, whole)}"


def _unknown(name: str) -> str:
    """A field that is called like our word for another one must not pass for it."""
    return f"「{name}」（不认识的字段）" if name.strip() in WORDS.values() else name


def plain(value: Any, whole: bool) -> str:
    """One line without control characters, so that no text can paint over what is shown."""
    text = "".join(c if c.isprintable() else "·" for c in str(value))
    return text if whole or len(text) <= 200 else f"{text[:200]}……（共 {len(text)} 字）"
