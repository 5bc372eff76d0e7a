"""Forms of the tender and award pages. They read what people typed; the law speaks in the commands."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from kernel.clock import BEIJING, iso
from trading.commands.awards import FAILURES
from trading.commands.tenders import DRAFT_KINDS
from trading.rules.award import PASSED_OVER
from trading.rules.rulebook import CATEGORY_ZH

LONG = {"rows": 6}


class Moment(forms.DateTimeField):
    """A Beijing time; cleaned to RFC 3339 text, empty when left out."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **options)

    def clean(self, value: Any) -> Any:
        with timezone.override(BEIJING):
            at = super().clean(value)
        return iso(at) if at else ""

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(BEIJING) if isinstance(value, datetime) else value


class Json(forms.CharField):
    """JSON text, cleaned to its value."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}), **options)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text and not self.required:
            return {}
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"第 {error.lineno} 行第 {error.colno} 列不是合格的 JSON") from error


class ProjectForm(forms.Form):
    number = forms.CharField(
        label="项目编号", max_length=40, help_text="5–40 位大写字母、数字和连字符，例如 YC2026-SZ-0417"
    )
    name = forms.CharField(label="项目名称", max_length=200)
    category = forms.ChoiceField(label="类别", choices=list(CATEGORY_ZH.items()))
    state_funded = forms.BooleanField(label="国有资金占控股或者主导地位", required=False, initial=True)
    estimate = forms.CharField(label="项目估算（元）", max_length=20)
    location = forms.CharField(label="建设地点", max_length=100, required=False)
    approval = forms.CharField(label="批准文号", max_length=100, required=False)


class AgentForm(forms.Form):
    agent = forms.CharField(label="招标代理机构的统一社会信用代码", max_length=18)
    file = forms.FileField(label="书面委托合同（PDF）")


class TenderForm(forms.Form):
    project = forms.ChoiceField(label="项目")
    number = forms.CharField(label="招标编号", max_length=40, help_text="5–40 位大写字母、数字和连字符")
    title = forms.CharField(label="招标名称", max_length=200)

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["project"].choices = [(p.number, str(p)) for p in projects]  # type: ignore[attr-defined]


class TenderAgainForm(forms.Form):
    number = forms.CharField(label="新的招标编号", max_length=40, help_text="5–40 位大写字母、数字和连字符")
    title = forms.CharField(label="招标名称", max_length=200)


class LotForm(forms.Form):
    """One lot; a row left wholly empty is none."""

    name = forms.CharField(label="标段名称", max_length=200)
    scope = forms.CharField(label="招标范围", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    estimate = forms.CharField(label="估算价（元）", max_length=20)
    ceiling_price = forms.CharField(label="最高投标限价（元）", max_length=20, required=False)
    bond_amount = forms.CharField(label="投标担保金额（元）", max_length=20, required=False)
    duration_days = forms.IntegerField(label="工期（日）", min_value=1)
    scheme = forms.ChoiceField(
        label="信封", choices=[("single", "单信封"), ("dual", "双信封：先开技术，再开报价")], required=False
    )


class ScheduleForm(forms.Form):
    documents_from = Moment(label="招标文件开始提供", help_text="自公告发布起算，早于发布的按发布时间")
    documents_until = Moment(
        label="招标文件提供截止", help_text="不得少于 5 日（招标投标法实施条例第十六条）"
    )
    enquiry_deadline = Moment(
        label="提问截止", help_text="投标截止至少 10 日前（招标投标法实施条例第二十二条）"
    )
    submission_deadline = Moment(
        label="投标截止（开标）时间", help_text="自发出招标文件起不少于 20 日（招标投标法第二十四条）"
    )


class TermsForm(forms.Form):
    bid_validity_days = forms.IntegerField(label="投标有效期（日）", min_value=1)
    decryption_minutes = forms.IntegerField(label="解密时间（分钟）", min_value=5)


class MethodForm(forms.Form):
    evaluation_method = Json(label="评标办法（JSON）", help_text="评分项满分与报价分合计应为 100 分")


class RequirementsForm(forms.Form):
    requirements = Json(
        label="投标文件组成（JSON）",
        help_text="每项：role 角色、title 名称、required 是否必备、media_types 文件类型；双信封的另写 part（technical 或 price）。"
        "新的草稿先列出施工招标通常要求的六项，按招标文件增删",
    )
    bid_rules = Json(label="清单、暗标等机读要求（JSON）", required=False)


class NoticeForm(forms.Form):
    title = forms.CharField(label="招标名称", max_length=200)
    notice_text = forms.CharField(label="招标公告正文", widget=forms.Textarea(attrs={"rows": 16}))


class CustodiansForm(forms.Form):
    threshold = forms.IntegerField(label="还原密钥所需的托管单位数", min_value=2, initial=2)
    organizations = forms.CharField(
        label="密钥托管单位的统一社会信用代码",
        help_text="每行一家，至少两家；使用其在本平台登记的加密证书",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    suite = forms.ChoiceField(
        label="投标文件的加密算法",
        required=False,
        choices=[
            ("", "按各家最新登记的证书"),
            ("2", "国密：SM2、SM3、SM4"),
            ("1", "RSA 或 P-256、SHA-256、AES"),
        ],
        help_text="各家的加密证书须是同一类；投标人的签名证书不受限制",
    )


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label="类别", choices=[(kind, word) for kind, (word, _) in DRAFT_KINDS.items()])
    title = forms.CharField(label="标题", max_length=200)
    lot = forms.CharField(label="标段号", max_length=4, required=False)
    file = forms.FileField(label="文件")


class AskForm(forms.Form):
    kind = forms.ChoiceField(label="类型", choices=[("enquiry", "提问"), ("objection", "异议")])
    text = forms.CharField(label="内容", max_length=4000, widget=forms.Textarea(attrs=LONG),
                           help_text="请勿写出单位名称；提问人不向任何人公开")  # fmt: skip


class AnswerForm(forms.Form):
    answer = forms.CharField(label="答复", max_length=10000, widget=forms.Textarea(attrs=LONG))
    affects_bids = forms.BooleanField(label="可能影响投标文件编制", required=False)
    submission_deadline = Moment(label="顺延后的投标截止时间", required=False)


class ClarifyForm(forms.Form):
    title = forms.CharField(label="标题", max_length=200)
    text = forms.CharField(label="内容", max_length=10000, widget=forms.Textarea(attrs=LONG))
    affects_bids = forms.BooleanField(label="可能影响投标文件编制", required=False)
    submission_deadline = Moment(label="顺延后的投标截止时间", required=False)


class CancelForm(forms.Form):
    reason = forms.CharField(label="终止招标的原因", max_length=2000, widget=forms.Textarea(attrs=LONG))


class CandidatesForm(forms.Form):
    standstill_days = forms.IntegerField(label="公示期（日）", initial=3, min_value=0, max_value=60)


class ObjectForm(forms.Form):
    text = forms.CharField(label="对评标结果的异议", max_length=4000, widget=forms.Textarea(attrs=LONG))


class AnswerObjectionForm(forms.Form):
    answer = forms.CharField(label="答复", max_length=10000, widget=forms.Textarea(attrs=LONG))
    outcome = forms.ChoiceField(label="结论", choices=[("dismissed", "异议不成立"), ("upheld", "异议成立")])


class AwardForm(forms.Form):
    """The winner; one ground is offered for each better candidate (招例第五十五条)."""

    bid = forms.ChoiceField(label="中标人", widget=forms.RadioSelect)

    def __init__(self, *args: Any, candidates: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.candidates = list(candidates)
        choices = [(str(c.bid_id), f"第 {c.rank} 名 {c.bid.bidder_name}") for c in self.candidates]
        self.fields["bid"].choices = choices  # type: ignore[attr-defined]
        grounds = [("", "—"), *PASSED_OVER.items()]
        for c in self.candidates[:-1]:
            label = f"不定第 {c.rank} 名的事由"
            self.fields[f"ground_{c.rank}"] = forms.ChoiceField(label=label, choices=grounds, required=False)
            self.fields[f"note_{c.rank}"] = forms.CharField(label="事实", max_length=1000, required=False)

    def passed_over(self) -> list[dict[str, str]]:
        said = self.cleaned_data
        return [
            {"bid": str(c.bid_id), "ground": said[f"ground_{c.rank}"], "note": said[f"note_{c.rank}"]}
            for c in self.candidates[:-1]
            if said.get(f"ground_{c.rank}")
        ]


class ContractForm(forms.Form):
    number = forms.CharField(label="合同编号", max_length=60)
    price = forms.CharField(label="合同价（元）", max_length=20)
    signed_on = forms.DateField(label="签订日期", widget=forms.DateInput(attrs={"type": "date"}))
    performance_security = forms.CharField(label="履约保证金（元）", max_length=20, required=False)
    file = forms.FileField(label="合同文件（PDF）")


class FailForm(forms.Form):
    code = forms.ChoiceField(label="事由", choices=list(FAILURES.items()))
    note = forms.CharField(label="事实", max_length=2000, widget=forms.Textarea(attrs=LONG))
