"""Forms parse what people typed; they decide nothing."""

from __future__ import annotations

from django import forms

from kernel.guarantee_terms import GROUNDS


class IssuerForm(forms.Form):
    name = forms.CharField(label="开立人名称", max_length=200, help_text="与其数字证书上的单位名称一致。")
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18, min_length=18)
    endpoint = forms.CharField(
        label="接口地址", max_length=300, required=False, help_text="没有接入的留空，退还时另行书面通知。"
    )


class ReleaseForm(forms.Form):
    ground = forms.CharField(label="退还理由", max_length=200, help_text="如：合同已签订；投标人书面放弃。")


class DemandForm(forms.Form):
    ground = forms.ChoiceField(label="索赔事由", choices=list(GROUNDS.items()))
    amount = forms.DecimalField(label="索赔金额", max_digits=18, decimal_places=2, min_value=0)
    explanation = forms.CharField(
        label="说明", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), help_text="写明事实和日期。"
    )
