"""A bidder's folder: ``bid.toml`` (or ``bid.json``) and files by role in subfolders.

    bid.toml            lot, price, duration_days, quality …   (see README.md)
    boq/ guarantee/ technical/ commercial/ qualification/ other/    the files, any depth

The bid summary (开标一览表) is built from the description, never written by hand.
"""

from __future__ import annotations

import functools
import hashlib
import io
import mimetypes
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, BinaryIO

from bidtool.bidding.tender import TenderInfo
from bidtool.files import open_file, read_bytes, read_json
from kernel.bid_rules import TECHNICAL
from kernel.canonical_json import canonical, parse
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from kernel.guarantee_terms import amount
from kernel.money import words
from sealing import bid_summary, bundle, fields
from sealing.bundle import Source
from sealing.statements import Signing

ROLES = ("boq", "guarantee", "technical", "commercial", "qualification", "other")
DESCRIPTIONS = ("bid.toml", "bid.json")
FORM, PDF = "guarantee/form.json", "guarantee/guarantee.pdf"
#: What file managers leave behind; not part of anybody's bid.
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_KNOWN = ("tender", "lot", "bidder", "price", "currency", "duration_days", "quality", "project_manager", "guarantee",
          "remarks", "consortium", "extra", "price_in_words", "anonymous_words")  # fmt: skip
_TYPES = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv": "text/csv",
          ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".md": "text/markdown",
          ".pdf": "application/pdf", ".json": "application/json", ".ofd": "application/ofd"}  # fmt: skip

NO_FOLDER = ReasonForm(
    "bid.no_folder", zh="「{path}」不是目录", en="{path} is not a folder", kind=Kind.MALFORMED
)
NO_DESCRIPTION = ReasonForm(
    "bid.no_description", zh="目录「{path}」中没有 bid.toml 或 bid.json", en="{path} holds neither bid.toml nor bid.json",
    kind=Kind.MALFORMED,
)  # fmt: skip
NOT_TOML = ReasonForm(
    "bid.description_bad",
    zh="{path} 不合格：{why}",
    en="{path} is not acceptable: {why}",
    kind=Kind.MALFORMED,
)
STRAY = ReasonForm(
    "bid.stray_file",
    zh="「{path}」不在任何类别的子目录中；请移入 {roles} 之一",
    en="{path} is in no role's folder; move it into one of {roles}",
    kind=Kind.MALFORMED,
)
NO_BIDDER = ReasonForm(
    "bid.no_bidder", zh="请在 bid.toml 的 [bidder] 中写明 name 和 credit_code", kind=Kind.MALFORMED,
    en="give name and credit_code under [bidder] in bid.toml",
)  # fmt: skip


@dataclass(frozen=True)
class FolderFile:
    """One file of the bid: its path inside the bundle, and where it lies."""

    path: str
    where: Path
    role: str
    media_type: str

    def source(self) -> Source:
        return Source(self.path, functools.partial(open_file, self.where), self.media_type, self.role)


@dataclass(frozen=True)
class BidFolder:
    """``description`` as read; ``files`` sorted by path; ``skipped`` names of junk left out."""

    root: Path
    description: Mapping[str, Any]
    files: tuple[FolderFile, ...]
    skipped: tuple[str, ...]

    @property
    def lot(self) -> str:
        value = self.description.get("lot")
        return str(value) if type(value) is int else fields.text(self.description, "lot", limit=40)

    def with_role(self, role: str) -> list[FolderFile]:
        return [file for file in self.files if file.role == role]

    def guarantee(self) -> dict[str, Any] | None:
        """The signed guarantee form, if there is one."""
        where = self.root / FORM
        return read_json(where) if where.is_file() else None


def read_folder(root: Path) -> BidFolder:
    """Read the description and list the files; ``Refused`` names what has no place."""
    if not root.is_dir():
        raise Refused(NO_FOLDER(path=root))
    description = _description(root)
    files, skipped = [], []
    for where in sorted(_walk(root)):
        path = where.relative_to(root).as_posix()
        if where.name.lower() in _JUNK or where.name.startswith((".", "~$")):
            skipped.append(path)
        elif path not in DESCRIPTIONS:
            files.append(_file(path, where))
    refuse_if(bundle.name_reason(file.path) for file in files)
    return BidFolder(root, description, tuple(files), tuple(skipped))


def _walk(root: Path) -> Iterator[Path]:
    for where in root.rglob("*"):
        if where.is_symlink() or not where.is_dir():
            yield where


def _file(path: str, where: Path) -> FolderFile:
    role, slash, _ = path.partition("/")
    if not slash or role not in ROLES or not where.is_file():
        raise Refused(STRAY(path=path, roles="、".join(f"{r}/" for r in ROLES)))
    suffix = where.suffix.lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(where.name)[0] or "application/octet-stream"
    return FolderFile(path, where, role, kind)


def _description(root: Path) -> Mapping[str, Any]:
    toml, json = (root / name for name in DESCRIPTIONS)
    if toml.is_file():
        try:
            value: Any = tomllib.loads(read_bytes(toml).decode("utf-8"), parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise Refused(NOT_TOML(path=toml.name, why=str(error)[:200])) from error
    elif json.is_file():
        value = parse(read_bytes(json))
    else:
        raise Refused(NO_DESCRIPTION(path=root))
    return fields.exact_keys(value, "", ("lot", "price", "duration_days", "quality"), _KNOWN)


def summary_of(
    folder: BidFolder, tender: TenderInfo, bidder: Mapping[str, str], part: str = ""
) -> dict[str, Any]:
    """The bid summary of a part, checked; without ``part`` the one that tells the price. ``bidder``: the
    certificate's name and code, unless the description has one."""
    said = folder.description
    price = _money(said, "price")
    summary: dict[str, Any] = {
        "v": 1,
        "tender": tender.number,
        "lot": folder.lot,
        "part": part or tender.parts(folder.lot)[-1],
        "bidder": dict(said.get("bidder") or bidder),
        "price": f"{price:.2f}",
        "price_in_words": said.get("price_in_words") or words(price),
        "currency": said.get("currency") or tender.value.get("currency") or "CNY",
        "duration_days": said.get("duration_days"),
        "quality": said.get("quality"),
    }
    for key in ("project_manager", "remarks", "consortium", "extra"):
        if key in said:
            summary[key] = said[key]
    guarantee = said.get("guarantee") or _named_guarantee(folder)
    if guarantee:
        summary["guarantee"] = guarantee
    if part == TECHNICAL:
        # The first envelope is opened while prices are still secret.
        del summary["price"], summary["price_in_words"]
    if not summary["bidder"].get("name") or not summary["bidder"].get("credit_code"):
        raise Refused(NO_BIDDER())
    return bid_summary.check(summary)


def _named_guarantee(folder: BidFolder) -> dict[str, str] | None:
    """Number, issuer and amount as the guarantee's form says them."""
    form = folder.guarantee()
    if form is None:
        return None
    payload = fields.mapping(fields.mapping(form.get("statement"), "statement").get("payload"), "payload")
    issuer = fields.mapping(payload.get("issuer"), "issuer")
    return {
        "number": fields.text(payload, "number", limit=80),
        "issuer": fields.text(issuer, "name"),
        "amount": f"{amount(fields.text(payload, 'amount', limit=20)):.2f}",
    }


def _money(said: Mapping[str, Any], key: str) -> Decimal:
    """An amount of the description: text, whole number or TOML decimal; never a binary float."""
    value = said.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise fields.bad(key, '应为金额文本，如 "4820000.00" / must be decimal text')
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise fields.bad(key, '应为金额文本，如 "4820000.00" / must be decimal text') from error
    if not found.is_finite() or found <= 0 or found != found.quantize(Decimal("0.01")):
        raise fields.bad(key, "应为正数，至多两位小数 / must be positive with at most two decimals")
    return found


def files_of(folder: BidFolder, tender: TenderInfo, part: str) -> list[FolderFile]:
    """The files that lie in one part of the bid."""
    return [file for file in folder.files if tender.part_of(file.role, folder.lot) == part]


def sources_of(
    folder: BidFolder, tender: TenderInfo, summary: Mapping[str, Any], signer: Signing
) -> list[Source]:
    """Everything that goes into the part's envelope: summary, its signature, the folder's files."""
    made = {
        bundle.SUMMARY: (canonical(dict(summary)), "bid_summary"),
        bundle.SUMMARY_SIGNATURE: (canonical(bid_summary.sign(summary, signer)), "bid_summary_signature"),
    }
    first = [
        Source(path, functools.partial(_bytes, data), "application/json", role)
        for path, (data, role) in made.items()
    ]
    return [*first, *(file.source() for file in files_of(folder, tender, str(summary["part"])))]


def _bytes(data: bytes) -> BinaryIO:
    return io.BytesIO(data)


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with open_file(path) as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()
