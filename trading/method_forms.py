"""The evaluation method as people fill it in: scoring items as rows, the price formula by its parameters.

Only form and JSON are translated here; whether the method is lawful is asked by ``rules.evaluation_method``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from trading.rules.evaluation_method import EXPERT_MEANS

METHOD_ZH = {
    "low_price_first": "低价优先：满分 × 最低评标价 ÷ 评标价",
    "fixed_benchmark": "固定基准价，偏差扣分",
    "mean_k": "平均值 × K，偏差扣分",
    "weighted_ceiling": "平均值与最高投标限价加权，偏差扣分",
    "second_lowest": "次低价 × K，偏差扣分",
    "interval_mean": "区间内平均值 × K，偏差扣分",
    "second_mean": "二次平均 × K，偏差扣分",
    "abc": "ABC 合成法，偏差扣分",
}
_K = ("mean_k", "second_lowest", "interval_mean", "second_mean", "abc")
_TRIMMED = ("mean_k", "weighted_ceiling", "interval_mean", "second_mean")
_DEVIATION = tuple(name for name in METHOD_ZH if name != "low_price_first")
_RATE_HELP = "每偏 1% 扣几分；分段写成「3:0, 5:0.5, *:2」（偏差至多 3% 不扣，3%～5% 每 1% 扣 0.5，其余扣 2）"
_TIE = {"price": "投标报价低者优先", "evaluated": "评标价低者优先", "score": "指定评分类别得分高者优先"}


def _number(label: str, *, help: str = "", choices: Any = None) -> forms.Field:
    if choices:
        return forms.ChoiceField(label=label, choices=choices, required=False, help_text=help)
    return forms.CharField(label=label, max_length=20, required=False, help_text=help)


#: name → (field, methods that use it). The order is that of the page.
PARAMETERS: dict[str, tuple[forms.Field, tuple[str, ...]]] = {
    "benchmark": (_number("固定基准价（元）"), ("fixed_benchmark",)),
    "k": (_number("系数 K", help="留空为 1"), _K),
    "k1": (_number("平均值的系数 K1"), ("weighted_ceiling",)),
    "k2": (_number("最高投标限价的系数 K2"), ("weighted_ceiling",)),
    "q1": (_number("平均值的权重 Q1", help="0 至 1"), ("weighted_ceiling",)),
    "base": (
        _number("区间以什么为中心", choices=[("", "平均值"), ("ceiling", "最高投标限价")]),
        ("interval_mean",),
    ),
    "low": (_number("区间下浮", help="例如 0.10"), ("interval_mean",)),
    "high": (_number("区间上浮", help="例如 0.05"), ("interval_mean",)),
    "variant": (
        _number("第二次平均", choices=[("", "不高于平均值者再平均"), ("with_min", "平均值与最低价平均")]),
        ("second_mean",),
    ),
    "delta": (_number("A 值下浮率 Δ"), ("abc",)),
    "wa": (_number("A 的权重", help="留空为 0.5"), ("abc",)),
    "wb": (_number("B 的权重", help="留空为 0.3"), ("abc",)),
    "wc": (_number("C 的权重", help="留空为 0.2"), ("abc",)),
    "mean_weight": (_number("C 值平均值权重", help="留空为 0.7"), ("abc",)),
    "range_down": (_number("C 值区间下浮", help="留空为 0.25"), ("abc",)),
    "pool_rate": (_number("B 值上限占 A 的比例", help="留空为 0.95"), ("abc",)),
    "up": (_number("高于基准价扣分", help=_RATE_HELP), _DEVIATION),
    "down": (_number("低于基准价扣分", help="写法同上"), _DEVIATION),
    "partial": (
        _number(
            "不足 1% 的偏差",
            choices=[("", "按比例计"), ("floor", "不计"), ("ceil", "按 1% 计")],
        ),
        _DEVIATION,
    ),
    "min_score": (_number("报价最低得分", help="留空为 0"), _DEVIATION),
    "deviation_decimals": (_number("偏差率保留小数位", help="留空为不取舍"), _DEVIATION),
    "benchmark_decimals": (_number("基准价保留小数位", help="留空为 2"), _DEVIATION),
    "score_decimals": (_number("得分保留小数位", help="留空为 2"), tuple(METHOD_ZH)),
    "min_valid": (_number("少于几份有效投标不评分", help="留空为 1"), tuple(METHOD_ZH)),
}
#: Without these a formula that uses them says nothing; the others have a value when left empty.
NEEDED = ("benchmark", "k1", "k2", "q1", "low", "high", "delta", "up", "down")
_INTEGERS = {"deviation_decimals", "benchmark_decimals", "score_decimals", "min_valid"}
_RATES = {"up", "down"}
_ABNORMAL = {
    "mean_rate": "低于全部报价平均值的比例",
    "second_rate": "低于次低报价的比例",
    "ceiling_rate": "低于最高投标限价的比例",
}


class ItemForm(forms.Form):
    """One scoring item; a row left without a title is none."""

    id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    title = forms.CharField(label="评分项", max_length=200)
    group = forms.CharField(label="类别", max_length=100)
    max = forms.CharField(label="满分", max_length=10)
    min = forms.CharField(label="最低分", max_length=10, initial="0")
    step = forms.CharField(label="分档", max_length=10, initial="0.1")
    objective = forms.BooleanField(label="客观分（各评委须一致）", required=False)
    help = forms.CharField(
        label="评分标准", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class PriceForm(forms.Form):
    """The price formula, the mean of the experts, equal totals."""

    method = forms.ChoiceField(label="报价评分方法", choices=list(METHOD_ZH.items()))
    price_full_score = forms.CharField(label="报价满分", max_length=10)
    trim = forms.ChoiceField(
        label="计算平均值前去掉",
        required=False,
        choices=[("", "不去掉"), ("js20", "江苏规则：按比例去掉最高、最低"), ("tiers", "按家数分档去掉")],
    )
    trim_tiers = forms.CharField(
        label="分档", required=False, max_length=200,
        help_text="只在按家数分档时填，写成「5:1:1, 10:2:2」：5 家起去掉 1 个最高、1 个最低……",
    )  # fmt: skip
    expert_mean = forms.ChoiceField(label="评委打分汇总", choices=list(EXPERT_MEANS.items()))
    tie_first = forms.ChoiceField(label="总分相同时", choices=list(_TIE.items()))
    tie_then = forms.ChoiceField(label="仍相同时", required=False, choices=[("", "并列"), *_TIE.items()])
    tie_group = forms.CharField(
        label="指定的评分类别", required=False, max_length=100, help_text="上面选了指定评分类别时填类别名称"
    )

    #: The page hides what the chosen formula does not use: a browser would wait for a field nobody sees.
    use_required_attribute = False
    #: field → the methods it belongs to, for the page's script.
    belongs: ClassVar[dict[str, tuple[str, ...]]] = {
        **{name: methods for name, (_, methods) in PARAMETERS.items()},
        "trim": _TRIMMED,
        "trim_tiers": _TRIMMED,
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, (field, _) in PARAMETERS.items():
            self.fields[name] = copy.deepcopy(field)
        for name in NEEDED:
            used = not self.is_bound or self.data.get("method") in PARAMETERS[name][1]
            self.fields[name].required = used
        for name, label in _ABNORMAL.items():
            self.fields[name] = forms.CharField(
                label=f"异常低价审查：{label}", required=False, max_length=10, help_text="留空为不启动"
            )
        for name, methods in self.belongs.items():
            self.fields[name].widget.attrs["data-methods"] = " ".join(methods)

    def clean_trim_tiers(self) -> list[dict[str, int]]:
        return [
            {"n_min": int(n), "high": int(high), "low": int(low)}
            for n, high, low in _split(self.cleaned_data["trim_tiers"], r"(\d{1,4}):(\d{1,3}):(\d{1,3})")
        ]

    def clean_up(self) -> Any:
        return _rates(self.cleaned_data["up"])

    def clean_down(self) -> Any:
        return _rates(self.cleaned_data["down"])


def _split(text: str, pattern: str) -> list[tuple[str, ...]]:
    """``a, b；c`` by its pieces, each matching; ``ValidationError`` names the one that does not."""
    found = []
    for piece in re.split(r"[,，;；]", text):
        if not piece.strip():
            continue
        match = re.fullmatch(pattern, piece.strip().replace("：", ":"))
        if match is None:
            raise forms.ValidationError(f"「{piece.strip()}」写法不合格")
        found.append(match.groups())
    return found


def _rates(text: str) -> Any:
    """One rate as text, or bands."""
    if ":" not in text and "：" not in text:
        return text.strip()
    pieces = _split(text, r"(\*|\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)")
    return [{"upto": None if upto == "*" else upto, "rate": rate} for upto, rate in pieces]


def method_of(items: list[Mapping[str, Any]], price: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of ``rules.evaluation_method`` from cleaned forms. Parameters of other methods are dropped."""
    return {
        "kind": "comprehensive_scoring",
        "items": _items(items),
        "price_full_score": price["price_full_score"].strip(),
        "price": {"method": price["method"], "parameters": _parameters(price)},
        "expert_mean": price["expert_mean"],
        "tie_break": _tie_break(price),
    }


def _items(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ids stay with their rows; new rows get the next free one."""
    taken = {row["id"] for row in rows if row["id"]}
    free = (f"item-{no}" for no in range(1, 1000) if f"item-{no}" not in taken)
    names = ("title", "group", "max", "min", "step", "objective", "help")
    return [{"id": row["id"] or next(free), **{name: row[name] for name in names}} for row in rows]


def _parameters(price: Mapping[str, Any]) -> dict[str, Any]:
    method, out = price["method"], {}
    for name, (_, methods) in PARAMETERS.items():
        value = price[name]
        if method in methods and value not in ("", []):
            out[name] = int(value) if name in _INTEGERS and value.isascii() and value.isdigit() else value
    if method in _TRIMMED and price["trim"] == "js20":
        out["trim"] = {"rule": "js20"}
    elif method in _TRIMMED and price["trim"] == "tiers":
        out["trim"] = {"rule": "tiers", "tiers": price["trim_tiers"]}
    rates = {name: price[name].strip() for name in _ABNORMAL if price[name].strip()}
    return out | ({"abnormal_low": rates} if rates else {})


def _tie_break(price: Mapping[str, Any]) -> list[str]:
    keys = [price["tie_first"], price["tie_then"]]
    named = {"score": f"score:{price['tie_group'].strip()}"}
    return list(dict.fromkeys(named.get(key, key) for key in keys if key))


def initial_of(method: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows and price form of a kept method; empty ones of ``{}``."""
    price = method.get("price", {})
    given = dict(price.get("parameters", {}))
    first = {
        "method": price.get("method", "mean_k"),
        "price_full_score": method.get("price_full_score", ""),
        "expert_mean": method.get("expert_mean", "mean"),
        **{name: _shown(given[name]) for name in PARAMETERS if name in given},
        **given.get("abnormal_low", {}),
    }
    trim = given.get("trim") or {}
    first["trim"] = trim.get("rule", "").replace("none", "")
    first["trim_tiers"] = ", ".join(f"{t['n_min']}:{t['high']}:{t['low']}" for t in trim.get("tiers", []))
    keys = [*method.get("tie_break", ["price"]), "", ""]
    group = next((key[6:] for key in keys if key.startswith("score:")), "")
    first |= {"tie_first": keys[0].split(":")[0], "tie_then": keys[1].split(":")[0], "tie_group": group}
    return [dict(item) for item in method.get("items", [])], first


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f"{band['upto'] or '*'}:{band['rate']}" for band in value)
    return "" if value in ("mean", "below_mean", "interpolate") else str(value)


def representable(method: Mapping[str, Any]) -> bool:
    """Whether the forms keep all of a method; otherwise it is edited as JSON."""
    if not method:
        return True
    rows, first = initial_of(method)
    form = PriceForm({name: value for name, value in first.items() if value is not None})
    if not form.is_valid():
        return False
    made = method_of([{"help": "", **row} for row in rows], form.cleaned_data)
    return _plain(made) == _plain(method)


def _plain(method: Mapping[str, Any]) -> Any:
    """Without what says nothing: defaults, the full marks said twice, the Jiangsu shares of 0.2."""
    price = method["price"]
    parameters = {
        name: value
        for name, value in price.get("parameters", {}).items()
        if name != "full_score"
        and value not in (None, "", "mean", "below_mean", "interpolate", {"rule": "none"})
    }
    trim = parameters.get("trim")
    if isinstance(trim, Mapping) and trim.get("rule") == "js20":
        parameters["trim"] = {k: v for k, v in trim.items() if (k, v) not in (("g1", "0.2"), ("g2", "0.2"))}
    items = [{"help": "", **item} for item in method["items"]]
    return [items, method["price_full_score"], price["method"], parameters, method.get("expert_mean", "mean"),
            list(method.get("tie_break", ["price"]))]  # fmt: skip
