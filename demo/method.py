"""The evaluation method of the demo: 综合评估法 with twelve scoring items and a mean-price benchmark.

Price formula: formulas.md §5.1 (平均值乘 K, 江苏 js20 trim, 偏差扣分), parameters as the documents print them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from trading.rules.draft import USUAL_REQUIREMENTS

_PLAN, _TEAM, _FIRM = "施工组织设计", "项目管理机构", "企业业绩与信誉"

#: (id, title, group, full marks, objective, how to score)
ITEMS: tuple[tuple[str, str, str, str, bool, str], ...] = (
    (
        "overview",
        "总体概述与施工部署",
        _PLAN,
        "4",
        False,
        "部署合理、分区清楚 3–4 分；一般 1–2.9 分；缺项 0 分",
    ),
    ("schedule", "施工进度计划与保证措施", _PLAN, "5", False, "关键线路明确、措施可行 4–5 分；一般 2–3.9 分"),
    ("key-works", "关键工序技术措施", _PLAN, "6", False, "沟槽支护、路基处理、沥青面层三项齐全 5–6 分"),
    ("traffic", "交通导改与保通方案", _PLAN, "5", False, "分期导改图完整 4–5 分；仅文字 2–3.9 分"),
    ("safety", "安全文明施工与扬尘控制", _PLAN, "5", False, "符合盐城市扬尘管控要求 4–5 分"),
    ("green", "海绵城市与绿色施工", _PLAN, "5", False, "措施具体可量化 4–5 分"),
    ("manager", "项目负责人答辩与业绩", _TEAM, "4", False, "类似业绩与现场答辩综合评分"),
    ("team", "项目管理机构配备", _TEAM, "3", True, "五大员齐全且证书有效 3 分，缺一项扣 1 分"),
    ("machines", "机械设备配备", _TEAM, "3", False, "摊铺、压实、打桩设备满足进度 2.5–3 分"),
    (
        "projects",
        "企业类似工程业绩",
        _FIRM,
        "4",
        True,
        "近五年合同额 800 万元以上市政道路，每项 2 分，最多 4 分",
    ),
    (
        "credit",
        "企业信用评价",
        _FIRM,
        "3",
        True,
        "江苏省建筑业企业信用综合评价 A 级 3 分，B 级 2 分，C 级 1 分",
    ),
    ("quality", "质量奖项", _FIRM, "3", True, "近三年市级以上优质工程，每项 1.5 分，最多 3 分"),
)
PRICE_FULL_SCORE = "50"


def evaluation_method() -> dict[str, Any]:
    """The JSON that is frozen when the tender is announced."""
    assert sum(Decimal(item[3]) for item in ITEMS) + Decimal(PRICE_FULL_SCORE) == 100
    return {
        "kind": "comprehensive_scoring",
        "items": [
            {"id": key, "title": title, "group": group, "max": most, "min": "0", "step": "0.1",
             "objective": objective, "help": how}
            for key, title, group, most, objective, how in ITEMS
        ],
        "price_full_score": PRICE_FULL_SCORE,
        "price": {
            "method": "mean_k",
            "parameters": {
                "full_score": PRICE_FULL_SCORE,
                "k": "0.98",
                "trim": {"rule": "js20", "g1": "0.2", "g2": "0.2"},
                "up": "0.9",
                "down": "0.6",
                "partial": "interpolate",
                "min_score": "0",
                "score_decimals": 2,
            },
        },
        "expert_mean": "mean",
        "tie_break": ["price", "score:technical"],
    }  # fmt: skip


REQUIREMENTS: list[dict[str, Any]] = list(USUAL_REQUIREMENTS)

#: What ``bidtool check`` looks for beyond the files: columns and total of the bill, quality, project manager.
BID_RULES: dict[str, Any] = {
    "quality": "合格",
    "project_manager": True,
    "boq": {
        "columns": ["项目编码", "项目名称", "项目特征", "计量单位", "工程量", "综合单价", "合价"],
        "quantity": "工程量",
        "unit_price": "综合单价",
        "amount": "合价",
        "total": "合计",
    },
}
