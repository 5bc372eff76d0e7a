"""What an act of the log is called in Chinese. Only kinds that may stand open in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: verb → words. ``test_house`` holds that every open command's verb stands here.
VERB_ZH: dict[str, str] = {
    "clock.advance": "推进演练时钟",
}


def act_words(document: Mapping[str, Any]) -> str:
    """The Chinese name of an open act; of a sealed one (an empty document) that it is sealed."""
    if not document:
        return "已密封的行为"
    verb = str(document["verb"])
    return VERB_ZH.get(verb, verb)
