"""Data of the style guide: every component as it looks in real use, with the long names and errors of real use."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator

from kernel.errors import Kind, Reason

LONG = "中交第二航务工程局有限公司盐城市政工程分公司与盐城市大丰区市政建设工程有限责任公司联合体"
BIDDERS = (
    "江苏润扬路桥工程集团有限公司",
    LONG,
    "盐城市市政建设集团有限公司",
    "江苏盐阜公路运输集团交通建设工程有限公司",
    "南通路桥工程有限公司",
)
LATE = Reason(
    "bid.late",
    "截止时间 14:00:00，您的文件于 14:00:00.214 传完，晚了 0.214 秒，未被接收",
    "the deadline was 14:00:00; your file was complete at 14:00:00.214, 0.214 s late, and was not accepted",
    Kind.CONFLICT,
    "招标投标法第二十八条",
)
PRICE = Reason(
    "bid.above_ceiling",
    "投标报价 9,120,000.00 元高于最高投标限价 8,960,000.00 元",
    "the price of 9,120,000.00 is above the ceiling price of 8,960,000.00",
    Kind.INVALID,
    "招标投标法实施条例第五十一条",
    "price",
)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class SampleForm(forms.Form):
    """All kinds of field; bound with faults, so that errors are seen too."""

    price = forms.DecimalField(label="投标报价", help_text="含税，精确到分", max_digits=18, decimal_places=2)
    manager = forms.CharField(label="项目负责人", max_length=40)
    finish = forms.DateField(label="计划竣工日期", required=False)
    lot = forms.ChoiceField(label="标段", choices=[("1", "施工一标段"), ("2", "施工二标段")])
    kind = forms.ChoiceField(
        label="担保方式",
        choices=[("bank", "银行保函"), ("insurance", "保证保险"), ("cash", "现金")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    read = forms.BooleanField(label="我已阅读招标文件及其全部澄清")


def sample_form() -> SampleForm:
    return SampleForm({"price": "八百七十五万", "manager": "", "lot": "1", "kind": "bank", "note": "无"})


def steps() -> list[dict[str, Any]]:
    return [
        {"title": "签到", "state": "done", "note": "5 家，6 分钟"},
        {"title": "解密", "state": "now", "note": "已开启 3 / 5", "law": "招标投标法第三十六条"},
        {"title": "唱标", "state": "next", "law": "招标投标法第三十六条"},
        {"title": "异议", "state": "next", "law": "招标投标法实施条例第三十六条"},
        {"title": "签字", "state": "next"},
    ]


def bids(now: datetime, count: int) -> dict[str, dict[str, Any]]:
    """``count`` rows of a hall, every state of decryption and guarantee among them."""
    states = ("opened", "waiting", "quorum", "undecryptable", "opened")
    guarantees: tuple[dict[str, Any], ...] = (
        {"state": "valid", "amount": "170000.00", "say": "银行保函 JS-2026-0417"},
        {"state": "pending", "amount": "170000.00", "say": ""},
        {"state": "refused", "amount": "100000.00", "say": "金额 100,000.00 元，少于要求的 170,000.00 元"},
    )
    rows = {}
    for no in range(1, count + 1):
        state = states[(no - 1) % 5]
        rows[f"b{no}"] = {
            "no": no,
            "lot": "施工一标段",
            "bidder": BIDDERS[(no - 1) % 5],
            "signed_in_at": None if no % 5 == 2 else (now - timedelta(seconds=900 - no)).isoformat(),
            "decryption": state,
            "opened_by": {"opened": "投标人密钥", "quorum": "份额（3 取 2）"}.get(state, ""),
            "price": f"{8_750_000 + 17_345 * no}.67" if state in ("opened", "quorum") else None,
            "guarantee": guarantees[(no - 1) % 3],
        }
    return rows


def reading() -> dict[str, Any]:
    return {
        "bidder": LONG,
        "lot": "施工一标段",
        "price": "8912345.67",
        "price_words": "捌佰玖拾壹万贰仟叁佰肆拾伍元陆角柒分",
        "duration": "180 日历天",
        "quality": "合格",
        "manager": "王建国（一级建造师 苏132060600123）",
        "opened_by": "投标人密钥",
        "guarantee": {"amount": "170000.00", "say": "银行保函，¥ 170,000.00，有效期至 2027-03-24"},
        "proof": {"state": "proven", "claim": "与回执一致", "href": "#receipt"},
    }


def matrix() -> dict[str, Any]:
    """Three groups, five bids; blanks, and one score the server refused."""
    aliases = [("a", "甲"), ("b", "乙"), ("c", "丙"), ("d", "丁"), ("e", "戊")]
    titles = [
        (
            "施工组织设计",
            [("总体施工方案", "6"), ("关键工序与难点措施", "8"), ("交通导改与管线保护方案", "6")],
        ),
        ("项目管理机构", [("项目负责人业绩", "5"), ("技术负责人资格", "3")]),
        ("信用与业绩", [("类似工程业绩", "6"), ("信用评价", "4")]),
    ]
    groups: list[dict[str, Any]] = []
    no = 0
    for title, items in titles:
        shown = []
        for name, most in items:
            no += 1
            cells = [_cell(no, key, alias, most) for key, alias in aliases]
            help_text = "看方案是否针对本工程的地质与交通条件。" if no == 1 else ""
            shown.append(
                {"no": no, "id": f"i{no}", "title": name, "max": most, "help": help_text, "cells": cells}
            )
        groups.append({"title": title, "max": sum(int(m) for _, m in items), "items": shown})
    columns = [{"id": key, "alias": f"{alias}公司", "subtotal": "21.5"} for key, alias in aliases]
    return {
        "seat": "3",
        "locked": False,
        "done": 32,
        "total": 35,
        "missing": "乙公司 第 3 项、丙公司 第 7 项、丁公司 第 5 项",
        "bids": columns,
        "groups": groups,
    }


def _cell(no: int, key: str, alias: str, most: str) -> dict[str, Any]:
    wrong = (no, key) == (2, "b")
    blank = (no, key) in ((3, "b"), (7, "c"), (5, "d"))
    value = "9" if wrong else None if blank else f"{int(most) - 1}.5"
    return {
        "bid": key,
        "alias": f"{alias}公司",
        "value": value,
        "error": f"超过满分 {most}，未保存" if wrong else "",
    }


def seats() -> dict[str, dict[str, Any]]:
    rows = (("online", 32), ("locked", 35), ("offline", 17), ("online", 0), ("locked", 35))
    return {
        str(no): {"label": f"专家 {no}", "site": "盐城 2 号评标室", "state": state, "done": done, "of": 35}
        for no, (state, done) in enumerate(rows, 1)
    }


def draw(now: datetime) -> dict[str, Any]:
    who = ("盐城市公共资源交易中心", "盐城市住房和城乡建设局", "盐城市城市建设投资集团有限公司")
    return {
        "pool": {"size": 48, "recused": 3, "digest": digest_of("pool")},
        "method": "承诺—公开，HMAC-SHA256 排序",
        "seed": digest_of("seed"),
        "commitments": [
            {"who": name, "digest": digest_of(name), "at": now - timedelta(minutes=9 - i), "revealed": i < 2}
            for i, name in enumerate(who)
        ],
        "result": [
            {"place": i, "label": f"市政工程 · 编号 E-{1040 + i}", "note": "候补" if i > 5 else ""}
            for i in range(1, 8)
        ],
        "recompute": "bidtool verify DIR --only draw",
    }


def receipt(now: datetime) -> dict[str, Any]:
    return {
        "number": "YC2026-SZ-0417-1-002",
        "digest": digest_of("envelope"),
        "size": 206_118_912,
        "received_at": now - timedelta(hours=3),
        "position": 18_204,
        "log_size": 18_391,
        "proof": "proven",
        "download_url": "#receipt",
        "verify_url": "#receipt",
    }


def timeline(now: datetime) -> list[dict[str, Any]]:
    day = timedelta(days=1)
    return [
        {"at": now - 30 * day, "title": "招标公告发布", "state": "done", "actor": "盐城市城市建设投资集团有限公司", "href": "#"},
        {"at": now - 12 * day, "title": "澄清一：工程量清单第 87 项", "state": "done", "note": "发给所有下载招标文件的单位"},
        {"at": now, "title": "开标", "state": "now", "actor": "盐城市公共资源交易中心"},
        {"at": now + day, "title": "评标", "state": "next"},
        {"at": None, "title": "中标候选人公示（不少于三日）", "state": "next"},
    ]  # fmt: skip


def deadlines(now: datetime) -> list[dict[str, Any]]:
    return [
        {"title": "解密投标文件", "at": now + timedelta(seconds=40), "left": "还剩 40 秒", "level": "loud", "href": "#"},
        {"title": "确认开标记录", "at": now + timedelta(minutes=8), "left": "还剩 8 分钟", "level": "near", "href": "#"},
        {"title": "提出异议", "at": now + timedelta(days=3), "left": "还剩 3 天", "level": "calm", "law": "实施条例第五十四条"},
        {"title": "提问", "at": now - timedelta(days=10), "left": "已截止", "level": "over"},
    ]  # fmt: skip


def documents(now: datetime) -> list[dict[str, Any]]:
    row = {"href": "#", "format": "PDF", "at": now - timedelta(days=30)}
    return [
        {**row, "title": "招标文件（施工一标段、施工二标段）", "size": 4_812_331, "digest": digest_of("a"), "proof": "proven"},
        {**row, "title": "盐城市聚亨路（青年路—世纪大道）改造工程施工图设计文件：道路、排水、照明、交通设施", "size": 96_111_204,
         "digest": digest_of("b"), "proof": "waiting"},
        {**row, "title": "工程量清单", "format": "XLSX", "size": 18_220, "digest": digest_of("c"), "proof": "failed"},
    ]  # fmt: skip


def comparison(count: int) -> dict[str, Any]:
    rows = [
        {
            "cells": [
                BIDDERS[n % 5],
                f"{8_750_000 + n * 17_345:,}.00",
                f"{28 - n % 5}.50",
                f"{58 - n % 7}.25",
                n + 1,
            ],
            "best": n == 0,
            "note": "推荐的第一中标候选人" if n == 0 else "",
        }
        for n in range(count)
    ]
    columns = [{"title": "投标人", "number": False}] + [
        {"title": title, "number": True} for title in ("报价（元）", "技术分", "价格分", "名次")
    ]
    return {
        "caption": "评标结果",
        "columns": columns,
        "rows": rows,
        "note": "价格分按评标办法前附表第 3 条计算。",
    }


def page() -> Page[int]:
    return Paginator(range(412), 20).page(7)


def sample(now: datetime, count: int) -> dict[str, Any]:
    """The page's context; ``count`` rows in the long tables."""
    return {
        "now": now,
        "calm": now + timedelta(days=3, hours=4),
        "near": now + timedelta(minutes=9),
        "loud": now + timedelta(seconds=55),
        "steps": steps(),
        "bids": bids(now, count),
        "reading": reading(),
        "events": [
            {"seq": 90 - i, "at": now - timedelta(seconds=31 * i), "say": f"{BIDDERS[i]} 已解密投标文件"}
            for i in range(min(count, 5))
        ],
        "matrix": matrix(),
        "seats": seats(),
        "draw": draw(now),
        "receipt": receipt(now),
        "waiting": {**receipt(now), "proof": "waiting", "position": None, "verify_url": ""},
        "timeline": timeline(now),
        "deadlines": deadlines(now),
        "documents": documents(now),
        "comparison": comparison(count),
        "facts": [
            ("招标人", "盐城市城市建设投资集团有限公司"),
            {"term": "最高投标限价", "value": "¥ 8,960,000.00", "note": "施工一标段"},
            {"term": "公告", "value": "YC2026-SZ-0417", "href": "#"},
        ],
        "late": [LATE],
        "form": sample_form(),
        "form_reasons": [PRICE],
        "page": page(),
    }
