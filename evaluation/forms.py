"""Parsing of the pages' forms. What is allowed is the commands' business."""

from __future__ import annotations

from typing import Any

from django import forms

from evaluation.models import ExpertProfile
from kernel.actor import Role
from parties.models import Membership, RoleRequest


def _people() -> list[tuple[str, str]]:
    """Persons who are experts by role or asked to be, and are not in the pool yet."""
    held = Membership.objects.filter(role=Role.EXPERT.value, until__isnull=True).values_list(
        "person_id", "person__name"
    )
    asked = RoleRequest.objects.filter(role=Role.EXPERT.value).values_list("person_id", "person__name")
    known = set(ExpertProfile.objects.values_list("person_id", flat=True))
    found = {str(pk): name for pk, name in [*held, *asked] if pk not in known}
    return sorted(found.items(), key=lambda pair: pair[1])


class ExpertForm(forms.Form):
    person = forms.ChoiceField(label="人员", help_text="先以本人证书登记，并取得或申请评审专家身份。")
    specialties = forms.CharField(
        label="专业",
        help_text="代码和名称，一行一个，例如：A0803 市政道路",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    employer = forms.CharField(label="工作单位", max_length=200)
    employer_credit_code = forms.CharField(label="工作单位统一社会信用代码", max_length=18)
    region = forms.CharField(label="地区", max_length=60)
    site = forms.CharField(label="评标场地", max_length=40)
    title = forms.CharField(label="职称", max_length=60)
    years = forms.IntegerField(label="从事相关领域工作年限", help_text="招标投标法第三十七条：满八年")
    relations = forms.CharField(
        label="申报的利害关系",
        required=False,
        help_text="一行一个：统一社会信用代码，空格，关系",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = _people()  # type: ignore[attr-defined]

    def clean_specialties(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.cleaned_data["specialties"].splitlines() if line.strip())

    def clean_relations(self) -> dict[str, str]:
        return _pairs(self.cleaned_data["relations"], "关系应写成：代码，空格，关系")


class FreezeForm(forms.Form):
    number = forms.IntegerField(label="委员会人数", initial=5, help_text="五人以上单数；补充抽取填空缺数")
    specialties = forms.CharField(label="专业代码", help_text="用空格或顿号分开，例如：A0803 A0804")
    sites = forms.CharField(
        label="各场地席位",
        required=False,
        help_text="一行一个：场地，空格，席位数；不填为不限场地",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reserves = forms.IntegerField(label="候补人数", initial=2, min_value=0)
    reply_minutes = forms.IntegerField(label="答复时限（分钟）", initial=30, min_value=1)

    def clean_specialties(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["specialties"].replace("、", " ").replace("，", " ").split())

    def clean_sites(self) -> tuple[dict[str, Any], ...]:
        pairs = _pairs(self.cleaned_data["sites"], "场地应写成：场地，空格，席位数")
        if not all(seats.isascii() and seats.isdigit() and len(seats) < 4 for seats in pairs.values()):
            raise forms.ValidationError("席位数应为整数")
        return tuple({"site": site, "seats": int(seats)} for site, seats in pairs.items())


def _pairs(text: str, wrong: str) -> dict[str, str]:
    out = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        first, _, second = line.strip().partition(" ")
        if not second.strip():
            raise forms.ValidationError(wrong)
        out[first] = second.strip()
    return out
