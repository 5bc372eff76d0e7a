"""The filters of the list of notices."""

from __future__ import annotations

from django import forms

from disclosure.queries.notices import CATEGORY_ZH, Filters
from disclosure.rules.phases import PHASE_ZH


class NoticeFilters(forms.Form):
    """Words, phase and category; wrong values are shown as errors and count as empty."""

    q = forms.CharField(label="名称、编号或招标人", max_length=60, required=False, strip=True)
    phase = forms.ChoiceField(
        label="阶段", required=False, choices=[("", "全部"), *((p.value, zh) for p, zh in PHASE_ZH.items())]
    )
    category = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *CATEGORY_ZH.items()])

    def filters(self) -> Filters:
        self.is_valid()
        got = self.cleaned_data
        return Filters(got.get("q", ""), got.get("phase", ""), got.get("category", ""))
