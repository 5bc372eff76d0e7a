"""Vectors that must be refused, one or more for every code of SPEC.md §10.

An envelope is given as ``base`` (the name of a good one) and ``edits`` [{at, remove, insert: hex}] on its
bytes, places counted in the good one. Where a header was changed it was signed again by its pseudonym, so
that the reader's order of checks does not matter, except where the signature is what is wrong.
"""

from __future__ import annotations

import functools
import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from kernel.canonical_json import canonical
from sealing import (
    Ticket,
    bid_summary,
    bundle,
    fields,
    identity,
    keyshares,
    open_share,
    pseudonym,
    read_header,
    sm2,
)
from sealing import unwrap_as_bidder as unwrap
from sealing.header import SIGNATURE_DOMAIN, Header, head_size
from sealing.recipients import SHARE_TAG, wrap
from sealing.stream import nonce
from tests.vectors.sealing import sm2_reference
from tests.vectors.sealing.cast import b64, player

Made = Mapping[str, tuple[bytes, Ticket]]
_SUMMARY = {
    "v": 1,
    "tender": "YC2026-SZ-0417",
    "lot": "1",
    "part": "whole",
    "bidder": {"name": "江苏华东建设集团有限公司", "credit_code": "91320900MA1TQ8UJ83"},
    "price": "8750000.00",
    "price_in_words": "人民币捌佰柒拾伍万元整",
    "currency": "CNY",
    "duration_days": 170,
    "quality": "合格",
}


def sources() -> list[bundle.Source]:
    """The files of the whole bid in ``bundle.mtse``."""
    signed = canonical(bid_summary.sign(_SUMMARY, player("bidder_rsa")))
    rows = [
        (bundle.SUMMARY, canonical(_SUMMARY), "application/json", "bid_summary"),
        (bundle.SUMMARY_SIGNATURE, signed, "application/json", "bid_summary_signature"),
        ("boq/清单.csv", "编码,项目,合价\n040203007,水泥混凝土,8750000.00\n".encode(), "text/csv", "boq"),
        ("technical/施工组织设计.md", "# 施工组织设计\n".encode(), "text/markdown", "technical"),
    ]
    return [bundle.Source(p, functools.partial(io.BytesIO, data), kind, role) for p, data, kind, role in rows]


def cases(made: Made) -> list[dict[str, Any]]:
    made_here = [*_heads(made), *_bodies(made), *_keys(made), *_identities(made), *_seals(), *_bundles()]
    return [*made_here, *_national(made)]


def _case(code: str, why: str, do: str, base: str = "", edits: Any = (), **more: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"code": code, "why": why, "do": do}
    if base:
        out |= {"base": base, "edits": list(edits)}
    return out | more


# Edits --------------------------------------------------------------------------------------------


def _edit(at: int, remove: int, insert: bytes = b"") -> dict[str, Any]:
    return {"at": at, "remove": remove, "insert": insert.hex()}


def _difference(old: bytes, new: bytes) -> list[dict[str, Any]]:
    """Edits that make one signed head of another: preamble, header and signature each on its own."""
    cuts = [(slice(0, 10), 0), (slice(10, -66), 10), (slice(-66, None), len(old) - 66)]
    return [edit for part, at in cuts for edit in _runs(old[part], new[part], at)]


def _runs(old: bytes, new: bytes, at: int) -> list[dict[str, Any]]:
    """Runs of other bytes, those that lie close together as one; one run when the lengths differ."""
    places = [i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    if len(old) != len(new):
        start = min([*places, len(old), len(new)])
        common = min(len(old), len(new)) - start
        end = next((i for i in range(common) if old[-1 - i] != new[-1 - i]), common)
        return [_edit(at + start, len(old) - end - start, new[start : len(new) - end])]
    runs: list[list[int]] = []
    for place in places:
        if runs and place - runs[-1][1] < 16:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1])
    return [_edit(at + start, end - start, new[start:end]) for start, end in runs]


def _signed(body: bytes, ticket: Ticket, suite: int = 1) -> bytes:
    head = b"MTSE" + struct.pack(">BBI", 1, suite, len(body)) + body
    return head + struct.pack(">H", 64) + pseudonym.sign(ticket.pseudonym_key, SIGNATURE_DOMAIN + head)


def _reheaded(made: Made, name: str, old: bytes, new: bytes) -> list[dict[str, Any]]:
    """The header's JSON with ``old`` replaced by ``new``, signed again."""
    envelope, ticket = made[name]
    head = envelope[: head_size(_header(made, name))]
    body = head[10:-66]
    assert body.count(old) == 1, (name, old, body.count(old))
    return _difference(head, _signed(body.replace(old, new), ticket, head[5]))


def _header(made: Made, name: str) -> Header:
    return read_header(io.BytesIO(made[name][0]))


def _key(made: Made, name: str) -> bytes:
    return unwrap(_header(made, name), made[name][1]).value


# The head -----------------------------------------------------------------------------------------


def _heads(made: Made) -> list[dict[str, Any]]:
    base, first = "end_of_chunk", made["end_of_chunk"][0]
    start = head_size(_header(made, base))
    again = functools.partial(_reheaded, made, base)
    read = functools.partial(_case, do="read_header", base=base)
    share = first[first.index(b'"index":2') :][:9]
    return [
        read("envelope.not_an_envelope", "another magic", edits=[_edit(0, 4, b"PK\3\4")]),
        read("envelope.not_an_envelope", "an empty file", edits=[_edit(0, len(first))]),
        read("envelope.version_unknown", "version 2", edits=[_edit(4, 1, b"\2")]),
        read("envelope.suite_unknown", "there is no suite 0x03", edits=[_edit(5, 1, b"\3")]),
        read("envelope.suite_mismatch", "the first byte says suite 2", edits=[_edit(5, 1, b"\2")]),
        read("envelope.suite_mismatch", "the header says suite 2", edits=again(b'"suite":1', b'"suite":2')),
        read("envelope.header_size", "no header", edits=[_edit(6, 4, bytes(4))]),
        read("envelope.header_size", "262145 bytes", edits=[_edit(6, 4, struct.pack(">I", 262145))]),
        read("envelope.header_not_canonical", "a blank", edits=again(b'"lot":', b'"lot": ')),
        read("envelope.signature_bad", "the lot changed", edits=_at(first, b'"lot":"1"', b'"lot":"2"')),
        read("envelope.signature_bad", "a bit of the signature", edits=_flip(first, start - 1)),
        read("envelope.signature_bad", "63 bytes of signature", edits=[_edit(start - 66, 2, b"\0\x3f")]),
        read("envelope.truncated", "ends in the header", edits=[_edit(300, len(first) - 300)]),
        read("envelope.truncated", "ends in the signature", edits=[_edit(start - 1, len(first) - start + 1)]),
        read("json.malformed", "lot stands twice", edits=again(b'"lot":"1"', b'"lot":"1","lot":"1"')),
        read("sealing.bad_field", "k = 1", edits=again(b'"k":2', b'"k":1')),
        read("sealing.bad_field", "k > n", edits=again(b'"k":2', b'"k":4')),
        read("sealing.bad_field", "an index twice", edits=again(share, b'"index":1')),
        read("sealing.bad_field", "an unknown field", edits=again(b',"lot":', b',"lop":1,"lot":')),
        read("sealing.bad_field", "not a padded size", edits=again(b'"size":65536', b'"size":65537')),
        read("sealing.bad_field", "chunks too small", edits=again(b'"chunk_size":1024', b'"chunk_size":1023')),
        _case("envelope.foreign", "another tender", "check_target", base, target=["YC2026-SZ-0418", "1", "whole"]),
        _case("envelope.foreign", "another lot", "check_target", base, target=["YC2026-SZ-0417", "2", "whole"]),
        _case("envelope.foreign", "another part", "check_target", base, target=["YC2026-SZ-0417", "1", "price"]),
    ]  # fmt: skip


def _at(data: bytes, old: bytes, new: bytes) -> list[dict[str, Any]]:
    return [_edit(data.index(old), len(old), new)]


def _flip(data: bytes, place: int) -> list[dict[str, Any]]:
    return [_edit(place, 1, bytes([data[place] ^ 1]))]


# The body -----------------------------------------------------------------------------------------


def _bodies(made: Made) -> list[dict[str, Any]]:
    base, data = "end_of_chunk", made["end_of_chunk"][0]
    start, step = head_size(_header(made, base)), 1040
    key = _key(made, base).hex()
    opened = functools.partial(_case, do="open", base=base, content_key=key)
    other = made["past_chunk"][0]
    strange = other[head_size(_header(made, "past_chunk")) :][:step]
    chunk = functools.partial(_chunk, made, base)
    head = struct.pack(">Q", 1016) + bytes(i % 251 for i in range(1016))
    return [
        opened("envelope.truncated", "the last byte is missing", edits=[_edit(len(data) - 1, 1)]),
        opened("envelope.truncated", "the last chunk is missing", edits=[_edit(len(data) - step, step)]),
        opened("envelope.truncated", "no chunk at all", edits=[_edit(start, len(data) - start)]),
        opened("envelope.trailing", "one byte more", edits=[_edit(len(data), 0, b"\0")]),
        opened(
            "envelope.chunk_reordered",
            "chunks 1 and 2 changed places",
            edits=[_edit(start + step, 2 * step, _chunks(data, start, 2) + _chunks(data, start, 1))],
        ),
        opened("envelope.chunk_reordered", "chunk 0 twice", edits=[_edit(start + step, step, _chunks(data, start, 0))]),
        opened("envelope.chunk_damaged", "a bit of chunk 0", edits=_flip(data, start)),
        opened("envelope.chunk_damaged", "a bit of the last tag", edits=_flip(data, len(data) - 1)),
        opened("envelope.chunk_damaged", "chunk 0 of another envelope", edits=[_edit(start, step, strange)]),
        opened("envelope.chunk_damaged", "final flag on chunk 0", edits=[_edit(start, step, chunk(0, head, True))]),
        opened("envelope.padding_bad", "padding is not zero", edits=[_edit(len(data) - step, step, chunk(63, bytes(1023) + b"\1", True))]),
        opened("envelope.padding_bad", "a length that pads to more", edits=[_edit(start, step, chunk(0, struct.pack(">Q", 65529) + head[8:], False))]),
        opened("envelope.padding_bad", "a length of 2^63", edits=[_edit(start, step, chunk(0, struct.pack(">Q", 1 << 63) + head[8:], False))]),
        opened("envelope.content_key_wrong", "another key", content_key=bytes(32).hex()),
        opened("envelope.content_key_wrong", "31 bytes of key", content_key=key[:-2]),
    ]  # fmt: skip


def _chunks(data: bytes, start: int, index: int) -> bytes:
    return data[start + 1040 * index : start + 1040 * (index + 1)]


def _chunk(made: Made, name: str, counter: int, plain: bytes, final: bool) -> bytes:
    """A chunk as only the holder of the content key can make it."""
    header = _header(made, name)
    cipher = header.suite.body(_key(made, name))
    return cipher.encrypt(nonce(header.nonce_prefix, counter, final), plain, header.digest)


# Keys and shares ----------------------------------------------------------------------------------


def _keys(made: Made) -> list[dict[str, Any]]:
    base, header = "empty", _header(made, "empty")
    one, two, _ = (_share(header, name) for name in ("center_p256", "authority_rsa", "owner_p256"))
    strange = _share(_header(made, "end_of_chunk"), "authority_rsa")
    combined = functools.partial(_case, do="combine", base=base)
    share = functools.partial(_case, do="open_share", base=base)
    rsa, first = header.shares[1].sealed, header.shares[0].sealed
    lie, false = _lie(made)
    return [
        _case("envelope.wrap_missing", "the key is the client's", "unwrap", base, holder="bidder_p256"),
        _case("envelope.wrap_missing", "the key is the certificate's", "unwrap", "one_byte", holder="ticket"),
        _case("envelope.wrap_bad", "another RSA holder", "unwrap", "one_chunk", holder="authority_rsa"),
        _case("envelope.wrap_bad", "another P-256 holder", "unwrap", "one_byte", holder="stranger_p256"),
        share("share.not_a_custodian", "a stranger", custodian="stranger_p256"),
        share("envelope.wrap_bad", "RSA bits", edits=_resealed(made, rsa, _bit(rsa, -1)), custodian="authority_rsa"),
        share("envelope.wrap_bad", "ECIES tag bits", edits=_resealed(made, first, _bit(first, -1)), custodian="center_p256"),
        share("envelope.wrap_bad", "a point off the curve", edits=_resealed(made, first, _bit(first, 64)), custodian="center_p256"),
        share("envelope.wrap_bad", "made for another envelope", edits=_resealed(made, first, _header(made, "end_of_chunk").shares[0].sealed), custodian="center_p256"),
        share("share.wrong", "not what its check says", edits=_resealed(made, first, _reseal(header, 1, bytes(32))), custodian="center_p256"),
        share("share.wrong", "carries index 2", edits=_resealed(made, first, _reseal(header, 2, one["value"])), custodian="center_p256"),
        combined("share.too_few", "one of two", shares=_said(one)),
        combined("share.duplicate", "one share twice", shares=_said(one, one)),
        combined("share.unknown", "there is no share 9", shares=_said(one, {"index": 9, "value": two["value"]})),
        combined("share.wrong", "a share of another envelope", shares=_said(one, strange)),
        combined("share.split_dishonest", "checks fit, the key does not", edits=lie, shares=_said(false, two)),
    ]  # fmt: skip


def _share(header: Header, name: str) -> dict[str, Any]:
    opened = open_share(header, player(name))
    return {"index": opened.index, "value": opened.value}


def _said(*shares: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"index": s["index"], "value": s["value"].hex()} for s in shares]


def _bit(data: bytes, place: int) -> bytes:
    out = bytearray(data)
    out[place] ^= 1
    return bytes(out)


def _resealed(made: Made, old: bytes, new: bytes) -> list[dict[str, Any]]:
    return _reheaded(made, "empty", b64(old).encode(), b64(new).encode())


def _reseal(header: Header, index: int, value: bytes) -> bytes:
    """A share for the first custodian, with the index and value of a lying client."""
    public: Any = player("center_p256").encryption_certificate.public_key()
    return wrap(public, SHARE_TAG, index, value, header.wrap_context, lambda n: bytes([7]) * n)[1]


def _lie(made: Made) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Share 1 is another value, sealed and checked as if it were right."""
    header = _header(made, "empty")
    value, first = bytes([9]) * 32, header.shares[0]
    check = keyshares.share_check(header.suite, 1, value, header.wrap_context)
    envelope, ticket = made["empty"]
    head = envelope[: head_size(header)]
    body = head[10:-66].replace(b64(first.sealed).encode(), b64(_reseal(header, 1, value)).encode())
    body = body.replace(first.check.hex().encode(), check.hex().encode())
    return _difference(head, _signed(body, ticket)), {"index": 1, "value": value}


# Identities ---------------------------------------------------------------------------------------


def _identities(made: Made) -> list[dict[str, Any]]:
    base, header, ticket = "empty", _header(made, "empty"), made["empty"][1]
    other = made["end_of_chunk"][1]
    committed = identity.commitment(header, ticket.salt, other.identity).hex().encode()
    swapped = _reheaded(made, base, header.identity_commitment.hex().encode(), committed)
    hidden = fields.b64(header.identity_sealed).encode()
    broken = fields.b64(_bit(header.identity_sealed, 0)).encode()
    shown = functools.partial(_case, do="check_identity", base=base)
    good = {"salt": b64(ticket.salt), "identity": ticket.identity}
    return [
        shown("identity.commitment_differs", "another salt", door_identity=good | {"salt": b64(bytes(32))}),
        shown("identity.commitment_differs", "another's identity", door_identity=good | {"identity": other.identity}),
        shown("identity.other_header", "signed for another header", edits=swapped, door_identity=good | {"identity": other.identity}),
        _case("identity.unreadable", "a bit of identity_sealed", "open_identity", base, _reheaded(made, base, hidden, broken), content_key=_key(made, base).hex()),
    ]  # fmt: skip


# Suite 2 ------------------------------------------------------------------------------------------


def _national(made: Made) -> list[dict[str, Any]]:
    base, data = "sm_empty", made["sm_empty"][0]
    header = _header(made, base)
    start, key = head_size(header), _key(made, base).hex()
    again = functools.partial(_reheaded, made, base)
    read = functools.partial(_case, do="read_header", base=base)
    share = functools.partial(_case, do="open_share", base=base, custodian="center_sm2")
    opened = functools.partial(_case, do="open", base=base, content_key=key)
    first, second = (b64(header.shares[n].sealed).encode() for n in (0, 1))
    alg = b'"alg":"sm2-c1c3c2","check":"' + header.shares[0].check.hex().encode()
    other = made["sm_chunk_and_one"][0]
    strange = other[head_size(_header(made, "sm_chunk_and_one")) :][: 65536 + 16]
    raw = b64(sm2.to_raw(header.shares[0].sealed)).encode()
    point = b64(sm2.from_raw(_SWAPPED + sm2.to_raw(header.shares[0].sealed)[65:])).encode()
    hidden, broken = header.identity_sealed, _bit(header.identity_sealed, 0)
    seal = functools.partial(_case, "envelope.suite_mismatch", do="seal", size=1, threshold=2)
    return [
        read("envelope.suite_mismatch", "the first byte says suite 1", edits=[_edit(5, 1, b"\1")]),
        read("envelope.suite_mismatch", "the header says suite 1", edits=again(b'"suite":2', b'"suite":1')),
        read("envelope.suite_mismatch", "a share by ECIES", edits=again(alg, alg.replace(b"sm2-c1c3c2", b"ecies-p256"))),
        read("envelope.signature_bad", "a bit of the SM2 signature", edits=_flip(data, start - 1)),
        read("envelope.signature_bad", "r = s = 0", edits=[_edit(start - 64, 64, bytes(64))]),
        read("sealing.bad_field", "an Ed25519 pseudonym", edits=again(header.pseudonym.hex().encode(), b"00" * 32)),
        read("key.unsupported", "a pseudonym that is no point", edits=again(header.pseudonym.hex().encode(), b"05" + b"00" * 32)),
        opened("envelope.truncated", "the last byte is missing", edits=[_edit(len(data) - 1, 1)]),
        opened("envelope.chunk_damaged", "a bit of the chunk", edits=_flip(data, start)),
        opened("envelope.chunk_damaged", "a bit of the tag", edits=_flip(data, len(data) - 1)),
        opened("envelope.chunk_damaged", "a chunk of another envelope", edits=[_edit(start, 65536 + 16, strange)]),
        opened("envelope.content_key_wrong", "another key", content_key=bytes(32).hex()),
        share("share.not_a_custodian", "a stranger", custodian="stranger_sm2"),
        share("envelope.wrap_bad", "another custodian's share", edits=_swapped(made, base, first, second)),
        share("envelope.wrap_bad", "raw C1 C3 C2 in place of SM2Cipher", edits=again(first, raw)),
        share("envelope.wrap_bad", "another point of the curve", edits=again(first, point)),
        _case("envelope.wrap_bad", "another SM2 holder", "unwrap", "sm_one_chunk", holder="stranger_sm2"),
        _case("identity.unreadable", "a bit of identity_sealed", "open_identity", base, again(b64(hidden).encode(), b64(broken).encode()), content_key=key),
        seal("custodians of both suites", custodians=["center_sm2", "authority_rsa", "owner_p256"]),
    ]  # fmt: skip


#: The curve's generator: a point, but not the one that was sealed to.
_SWAPPED = b"\4" + sm2_reference.field(sm2_reference.G[0]) + sm2_reference.field(sm2_reference.G[1])


def _swapped(made: Made, base: str, one: bytes, two: bytes) -> list[dict[str, Any]]:
    """The first share sealed as the second one is: for another holder."""
    envelope, ticket = made[base]
    head = envelope[: head_size(_header(made, base))]
    return _difference(head, _signed(head[10:-66].replace(one, two), ticket, head[5]))


# What a client must refuse to seal, and bundles -----------------------------------------------------


def _seals() -> list[dict[str, Any]]:
    three = ["center_p256", "authority_rsa", "owner_p256"]
    seal = functools.partial(_case, do="seal", size=1)
    return [
        seal("envelope.custodians_bad", "k = 1", custodians=three, threshold=1),
        seal("envelope.custodians_bad", "k > n", custodians=three, threshold=4),
        seal(
            "envelope.custodians_bad", "one custodian twice", custodians=[*three[:2], three[0]], threshold=2
        ),
        seal("envelope.source_size", "fewer bytes than said", custodians=three, threshold=2, declared=2),
        seal("envelope.source_size", "more bytes than said", custodians=three, threshold=2, declared=0),
    ]


def _bundles() -> list[dict[str, Any]]:
    good = _zip({"a.txt": b"a"})
    at = good.index(b"a.txta") + 5
    hostile = {name: _zip({name: b"x"}) for name in ("../x", "/x", "con.txt", "a:b", "a\\b")}
    many = good[:-12] + struct.pack("<H", 10_001) + good[-10:]
    manifest = canonical({"v": 1, "files": []})
    rows = [
        ("bundle.malformed", "not a ZIP", b"no"),
        ("bundle.malformed", "bytes after the end", good + b"\0"),
        ("bundle.malformed", "bytes before the beginning", b"\0" + good),
        *(("bundle.hostile_name", f"path {name}", data) for name, data in hostile.items()),
        ("bundle.hostile_name", "one name in two spellings", _zip({"A.txt": b"", "a.txt": b""})),
        ("bundle.compressed", "deflated", _zip({"a.txt": b"a" * 99}, zipfile.ZIP_DEFLATED)),
        ("bundle.over_limit", "10001 files in the end record", many),
        ("bundle.mismatch", "a byte of a file", good[:at] + b"b" + good[at + 1 :]),
        ("bundle.mismatch", "a file that the manifest leaves out", _zip({"a.txt": b"a"}, manifest=manifest)),
        ("bundle.missing", "no manifest", _zip({"a.txt": b"a"}, manifest=b"")),
        ("bundle.missing", "a file of the manifest", _zip({}, manifest=_manifest({"a.txt": b"a"}))),
    ]
    return [_case(code, why, "bundle", zip=b64(data)) for code, why, data in rows]


def _manifest(files: Mapping[str, bytes]) -> bytes:
    rows = [
        bundle.Entry(p, hashlib.sha256(d).hexdigest(), len(d), "text/plain", "other").as_json()
        for p, d in sorted(files.items())
    ]
    return canonical({"v": 1, "files": rows})


def _zip(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED, manifest: bytes | None = None
) -> bytes:
    """A ZIP as a hostile client might make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        first = _manifest(files) if manifest is None else manifest
        for path, data in [*([(bundle.MANIFEST, first)] if first else []), *files.items()]:
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o600 << 16
            info.compress_type = method if path != bundle.MANIFEST else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return out.getvalue()
