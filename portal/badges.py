"""The words, tones and icons of states, once: templates and ES modules both read this table.

A tone is never the only carrier of a state (ui.md): each badge has an icon and a word beside it.
"""

from __future__ import annotations

from typing import NamedTuple


class Badge(NamedTuple):
    """``tone`` is one of plain, action, done, attention, danger; ``icon`` names a symbol of icons.svg."""

    word: str
    tone: str
    icon: str


#: kind → value → badge. Kinds are the field names of room states; values are what the fields hold.
BADGES: dict[str, dict[str, Badge]] = {
    "decryption": {
        "waiting": Badge("待解密", "attention", "wait"),
        "opened": Badge("已开启", "done", "tick"),
        "quorum": Badge("分片开启", "done", "tick"),
        "undecryptable": Badge("无法开启", "danger", "cross"),
    },
    "guarantee": {
        "valid": Badge("有效", "done", "tick"),
        "refused": Badge("不合格", "danger", "cross"),
        "pending": Badge("待核验", "plain", "wait"),
    },
    "seat": {
        "online": Badge("在线", "action", "dot"),
        "locked": Badge("已锁定", "done", "lock"),
        "offline": Badge("断线", "attention", "warn"),
    },
    "proof": {
        "proven": Badge("已证明", "done", "tick"),
        "waiting": Badge("等待", "attention", "wait"),
        "failed": Badge("未通过", "danger", "cross"),
    },
    "connection": {
        "connecting": Badge("正在连接", "plain", "wait"),
        "open": Badge("已连接", "done", "dot"),
        "lost": Badge("连接断开，正在重连", "attention", "warn"),
        "closed": Badge("连接已关闭", "danger", "cross"),
    },
}


def badge_for(kind: str, value: str) -> Badge:
    """The badge of a value; ``KeyError`` for a kind or value that no table holds."""
    return BADGES[kind][value]


def as_json() -> dict[str, dict[str, dict[str, str]]]:
    """The same table for ES modules (``json_script`` in base.html)."""
    return {kind: {v: b._asdict() for v, b in values.items()} for kind, values in BADGES.items()}
