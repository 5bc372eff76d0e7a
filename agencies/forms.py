"""Forms of the marketplace parse what people typed; rules decide."""

from __future__ import annotations

import re

from django import forms

from agencies.rules.moves import LEAST_POOL

_CODES_HELP = "统一社会信用代码，一行一个；没有就留空。"


class CodesField(forms.CharField):
    """Credit codes, one a line."""

    def __init__(self, label: str, help_text: str = _CODES_HELP) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=4000,
            help_text=help_text,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def clean(self, value: str) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(part for part in re.split(r"[\s,，、;；]+", super().clean(value)) if part)


class ItemForm(forms.Form):
    code = forms.SlugField(
        label="代码", max_length=40, help_text="小写字母、数字和连字符，如 procurement-agency。"
    )
    name = forms.CharField(label="名称", max_length=100)
    basis = forms.CharField(label="设立依据", max_length=300)


class AdmissionForm(forms.Form):
    item = forms.ChoiceField(label="服务事项")
    head = forms.CharField(label="单位负责人", max_length=100)
    controllers = CodesField("控股股东、被控股或管理的单位")
    qualification = forms.CharField(
        label="资质和人员", max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: object, items: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["item"].choices = items  # type: ignore[attr-defined]


class AssignmentForm(forms.Form):
    item = forms.ChoiceField(label="服务事项")
    title = forms.CharField(label="委托项目名称", max_length=200)
    project = forms.CharField(
        label="所属工程项目", max_length=200, help_text="同一项目的同类服务合并计算金额，不得拆分。"
    )
    need = forms.CharField(label="服务内容和要求", max_length=10000, widget=forms.Textarea(attrs={"rows": 6}))
    budget = forms.CharField(label="服务费（元）", max_length=30, help_text="固定金额，如 86000.00。")
    closing_at = forms.DateTimeField(
        label="报名截止时间（北京时间）",
        help_text="发布后不少于 3 日。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )
    head = forms.CharField(label="本单位负责人", max_length=100)
    controllers = CodesField("本单位的控股股东、被控股或管理的单位")
    recused = CodesField("应当回避的中介机构")
    least = forms.IntegerField(label="最少报名家数", initial=LEAST_POOL, min_value=LEAST_POOL, max_value=20)

    def __init__(self, *args: object, items: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["item"].choices = items  # type: ignore[attr-defined]


class InterestForm(forms.Form):
    interest = forms.CharField(
        label="与项目业主的利害关系",
        required=False,
        max_length=300,
        help_text="没有就留空。申报的会在截止后公布，并依法回避。",
    )


class WhyForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=300)


class CommitForm(forms.Form):
    digest = forms.CharField(
        label="承诺摘要", max_length=64, help_text="64 位十六进制。点「生成」由浏览器算出。"
    )


class RevealForm(forms.Form):
    nonce = forms.CharField(label="随机数", max_length=64, help_text="承诺时生成并保存的 64 位十六进制。")


class ContractForm(forms.Form):
    contract = forms.FileField(label="合同（PDF）")
    amount = forms.CharField(label="合同金额（元）", max_length=30)
