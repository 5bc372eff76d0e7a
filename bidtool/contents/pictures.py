"""What a picture tells beside its pixels: author, camera, place; and whether it has colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from bidtool.contents.words import Findings

#: Exif tags that name somebody, or a device that belongs to somebody (CIPA DC-008).
_TELLING = {
    270: "ImageDescription", 271: "Make", 272: "Model", 315: "Artist", 316: "HostComputer", 33432: "Copyright",
    40091: "XPTitle", 40092: "XPComment", 40093: "XPAuthor", 40094: "XPKeywords", 40095: "XPSubject",
    42032: "CameraOwnerName", 42033: "BodySerialNumber",
}  # fmt: skip
_GPS, _EXIF = 0x8825, 0x8769
_LARGEST_PIXELS = 200_000_000
_CHANNELS_APART = 24


def traces(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """A picture file of its own."""
    found = Findings(asked["words"])
    with where.open("rb") as stream:
        look_at(found, stream, 0, asked["rules"])
    return {"findings": found.rows, "pages": 0}


def look_at(found: Findings, stream: BinaryIO, page: int, rules: dict[str, Any]) -> None:
    """Exif, comments and colours of one picture; on ``page`` of a document, 0 for a file of its own."""
    Image.MAX_IMAGE_PIXELS = _LARGEST_PIXELS
    with Image.open(stream) as image:
        exif = image.getexif()
        tags = {**dict(exif), **dict(exif.get_ifd(_EXIF))}
        for tag, name in _TELLING.items():
            value = _text(tags.get(tag))
            if value:
                found.add("exif", page, f"{name}：{value}")
        if exif.get_ifd(_GPS):
            found.add("exif", page, "GPS")
        for key in ("comment", "Author", "Copyright", "Comment", "Description", "XML:com.adobe.xmp"):
            found.words_in(_text(image.info.get(key)), page, f"{key}：")
        if rules.get("images") == "gray" and coloured(image):
            found.add("image_colour", page, f"{image.width}×{image.height}")


def coloured(image: Image.Image) -> bool:
    """Whether a reduced copy has a pixel whose channels differ clearly."""
    if image.mode in ("1", "L", "I", "F", "LA", "I;16"):
        return False
    image.draft("RGB", (256, 256))
    small = image.convert("RGB").resize((64, 64))
    pixels = small.tobytes()
    return any(
        max(pixels[i : i + 3]) - min(pixels[i : i + 3]) > _CHANNELS_APART for i in range(0, len(pixels), 3)
    )


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        # Windows keeps its own tags in UTF-16.
        value = value.decode("utf-16-le" if value[1:2] == b"\0" else "utf-8", "replace")
    return str(value).replace("\0", " ").strip() if value is not None else ""
