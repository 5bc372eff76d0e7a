"""File names as people gave them: shown and offered for saving, never a path here."""

from __future__ import annotations

import re
import unicodedata

from kernel.errors import Kind, ReasonForm, Refused

BAD_NAME = ReasonForm(
    "documents.bad_name",
    zh="文件名「{name}」不能用：去掉目录和控制字符后应为 1–255 个字符",
    en="the file name {name!r} cannot be used: without folders and control characters it must have 1–255 characters",
    kind=Kind.MALFORMED,
    field="name",
)
BAD_MEDIA_TYPE = ReasonForm(
    "documents.bad_media_type",
    zh="文件类型「{media_type}」不是 type/subtype 的形式",
    en="{media_type!r} is not a media type like type/subtype",
    kind=Kind.MALFORMED,
    field="media_type",
)
#: A sealed bid. Its own name may be the bidder's, who is a secret: :func:`kept` has one for all of them.
ENVELOPE_TYPE = "application/vnd.mingtang.envelope"
ENVELOPE = "envelope.mtse"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,48}/[a-z0-9][a-z0-9!#$&^_.+-]{0,48}")


def clean(name: str) -> str:
    """The last part of a path, composed, without control, direction and surrogate characters.

    ``Refused(documents.bad_name)`` if nothing is left, or more than 255 characters.
    """
    last = re.split(r"[/\\]", name)[-1]
    # Cf holds the marks that turn reading direction: "gpj.exe" must not be shown as "exe.jpg".
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    kept = kept.strip()
    if not kept.strip(".") or len(kept) > 255:
        raise Refused(BAD_NAME(name=name[:80].encode("utf-8", "replace").decode()))
    return kept


def kept(name: str, essence: str) -> str:
    """The name that is kept of a file of this type: cleaned, and of a sealed bid nothing but that it is one."""
    said = clean(name)
    return ENVELOPE if essence == ENVELOPE_TYPE or said.lower().endswith(".mtse") else said


def media_type(value: str) -> str:
    """A plain media type in lower case, parameters cut off; ``Refused(documents.bad_media_type)``."""
    essence = value.split(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(essence):
        raise Refused(BAD_MEDIA_TYPE(media_type=value[:80]))
    return essence
