"""Forms parse what people typed; they decide nothing."""

from __future__ import annotations

from django import forms

from kernel.actor import ROLE_ZH, Role
from parties.rules import roles

_ORDER = (
    Role.BIDDER,
    Role.AGENCY,
    Role.PROCURING_ENTITY,
    Role.PROCUREMENT_AGENT,
    Role.EXPERT,
    Role.SUPERVISORY_AUTHORITY,
    Role.TRADING_CENTER,
)
ROLE_CHOICES = [(role.value, ROLE_ZH[role]) for role in _ORDER]


def _asked(role: Role) -> str:
    later = "" if role in roles.SELF_GRANTED else "（由交易中心核实后授权）"
    return ROLE_ZH[role] + later


class RegisterForm(forms.Form):
    role = forms.ChoiceField(
        label="您以什么身份使用平台", choices=[(r.value, _asked(r)) for r in _ORDER], widget=forms.RadioSelect
    )
    person_name = forms.CharField(
        label="经办人姓名", max_length=100, required=False, help_text="证书上有姓名时，以证书为准。"
    )
    renews = forms.BooleanField(
        label="我以前登记过，这是换的新证书",
        required=False,
        help_text="个人证书（如评审专家）换证时勾选，由交易中心窗口核对后，原有资格不变。",
    )


class GrantForm(forms.Form):
    person = forms.CharField(widget=forms.HiddenInput, max_length=60)
    organization = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    role = forms.ChoiceField(label="身份", choices=ROLE_CHOICES)


class EncryptionForm(forms.Form):
    certificate = forms.FileField(
        label="加密证书文件（PEM）", help_text="只有一张证书的不用登记：它兼作加密证书。"
    )
