"""Names of fonts: what a tender calls 宋体 is SimSun in one file and STSong in another."""

from __future__ import annotations

_ALIASES = {
    "宋体": ("simsun", "nsimsun", "stsong", "songti", "fzssk", "fzss", "notoserifcjk", "sourcehanserif", "adobesong"),
    "仿宋": ("fangsong", "stfangsong", "fzfsk", "fzfs", "simfang", "adobefangsong"),
    "黑体": ("simhei", "stheiti", "stxihei", "fzhtk", "heiti", "notosanscjk", "sourcehansans", "adobeheiti",
             "wenquanyizenhei"),
    "楷体": ("kaiti", "simkai", "stkaiti", "fzktk", "adobekaiti"),
    "Times New Roman": ("timesnewroman", "times", "timesnewromanps"),
    "Arial": ("arial",),
}  # fmt: skip


def allowed(font: str, wanted: list[str]) -> bool:
    """Whether ``font``, as a file names it, is one of ``wanted``, as the tender names them."""
    plain = flat(font)
    return any(plain.startswith(name) for each in wanted for name in (flat(each), *_ALIASES.get(each, ())))


def flat(font: str) -> str:
    """Without the prefix of a subset (``ABCDEF+``), blanks, marks and case."""
    head, plus, tail = font.partition("+")
    name = tail if plus and len(head) == 6 and head.isupper() else font
    return "".join(c for c in name.casefold() if c.isalnum())
