"""Breaking Chinese text into lines (GB/T 15834, JIS X 4051 in small). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

#: Never at a line's start: what closes, and what belongs to the word before.
NO_START = frozenset("、。，．：；？！）〕］｝〉》」』】〗’”…—～·％‰℃㎡㎥,.:;?!)]}%")
#: Never at a line's end: what opens.
NO_END = frozenset("（〔［｛〈《「『【〖‘“([{¥￥$№§第")

#: A figure stays with its currency sign and with a short unit: ``¥ 8,750,000.00``, ``15 km``.
_ATOM = re.compile(r"[¥￥] ?[0-9][0-9,.]* *|[0-9][0-9,.]* [A-Za-z]{1,3}(?![!-~])|[!-~]+ *|. *", re.S)

Width = Callable[[str], float]


def clusters(text: str) -> list[str]:
    """The text in pieces between which a line may break: a Latin word or a figure is one piece, closing
    marks stay with what they close, opening ones with what they open; spaces end the piece before."""
    out: list[str] = []
    for match in _ATOM.finditer(text):
        atom = match.group()
        if out and (atom[0] in NO_START or out[-1][-1] in NO_END):
            out[-1] += atom
        else:
            out.append(atom)
    return out


def break_lines(text: str, width: Width, first: float, rest: float) -> list[str]:
    """Lines of at most ``first`` (then ``rest``) points, without spaces at their ends; never none.

    A piece longer than a line (a digest in a narrow column) is broken where it must be.
    """
    lines: list[str] = []
    line, room = "", first
    for piece in clusters(text):
        if width(line + piece.rstrip()) <= room:
            line += piece
            continue
        if line:
            lines.append(line.rstrip())
            line, room = "", rest
        for part in _fitting(piece, width, room, rest):
            if line:
                lines.append(line)
                room = rest
            line = part
    lines.append(line.rstrip())
    return lines


def _fitting(piece: str, width: Width, room: float, rest: float) -> Iterator[str]:
    part = ""
    for character in piece:
        if part and character != " " and width(part + character) > room:
            yield part
            part, room = "", rest
        part += character
    yield part
