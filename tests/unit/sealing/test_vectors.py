"""The vectors other implementations are held to: made again byte for byte, opened, refused by their codes."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
from typing import Any

import pytest

from kernel.errors import CATALOGUE, Refused
from sealing import (
    ContentKey,
    Share,
    Ticket,
    bundle,
    check_identity,
    combine,
    envelope_size,
    open_body,
    open_identity,
    open_share,
    read_header,
    seal,
    unwrap_as_bidder,
)
from sealing.header import check_target
from tests.vectors.sealing import make
from tests.vectors.sealing.cast import HERE, PLAYERS, player

VECTORS = json.loads((HERE / "vectors.json").read_text())
CASES = {case["name"]: case for case in VECTORS["cases"]}
REFUSALS = json.loads((HERE / "refusals.json").read_text())["cases"]


def test_all_are_made_again_byte_for_byte() -> None:
    for name, data in make.vectors().items():
        assert (HERE / name).read_bytes() == data, name


@pytest.mark.parametrize("name", CASES)
def test_both_ways_open_what_the_vector_says(name: str) -> None:
    case = CASES[name]
    said, expected = case["input"], case["expected"]
    envelope = (HERE / case["file"]).read_bytes()
    assert hashlib.sha256(envelope).hexdigest() == expected["envelope_sha256"]
    source, out = io.BytesIO(envelope), io.BytesIO()
    header = read_header(source)
    assert envelope_size(header) == len(envelope) == expected["envelope_size"]
    ticket = Ticket.from_json(case["ticket"])
    key = unwrap_as_bidder(header, ticket if said["own_key"] == "client" else player(said["bidder"]))
    assert key.value.hex() == expected["content_key"]
    shares = [open_share(header, player(custodian)) for custodian in said["custodians"]]
    assert [s.value.hex() for s in shares] == [s["value"] for s in expected["shares"]]
    for quorum in itertools.combinations(shares, said["threshold"]):
        assert combine(header, quorum) == key
    with pytest.raises(Refused, match=r"share\.too_few"):
        combine(header, shares[1 : said["threshold"]])
    assert open_body(source, header, key, out) == said["payload_size"]
    assert hashlib.sha256(out.getvalue()).hexdigest() == said["payload_sha256"]
    assert open_identity(header, key).leaf == player(said["bidder"]).chain[0]


def test_the_bundle_is_a_bundle() -> None:
    data = make.payload(next(case for case in make.CASES if case.payload == "bundle"))
    found = bundle.read(io.BytesIO(data))
    found.verify()
    assert len(found.entries) == 4


def _edited(case: dict[str, Any]) -> io.BytesIO:
    data = (HERE / CASES[case["base"]]["file"]).read_bytes()
    for edit in sorted(case["edits"], key=lambda e: -e["at"]):
        data = data[: edit["at"]] + bytes.fromhex(edit["insert"]) + data[edit["at"] + edit["remove"] :]
    return io.BytesIO(data)


def _seal(case: dict[str, Any]) -> None:
    seal(
        io.BytesIO(bytes(case["size"])),
        io.BytesIO(),
        size=case.get("declared", case["size"]),
        tender="T",
        lot="1",
        part="whole",
        bidder=player("bidder_p256"),
        own_key="client",
        custodians=[player(name).encryption_certificate for name in case["custodians"]],
        threshold=case["threshold"],
    )


def _refuse(case: dict[str, Any]) -> None:
    if case["do"] == "seal":
        return _seal(case)
    if case["do"] == "bundle":
        return bundle.read(io.BytesIO(base64.b64decode(case["zip"]))).verify()
    source = _edited(case)
    header = read_header(source)
    assert case["do"] != "read_header"
    key = ContentKey(bytes.fromhex(case.get("content_key", "")))
    ticket = Ticket.from_json(CASES[case["base"]]["ticket"])
    holder = case.get("holder", "")
    steps: dict[str, Any] = {
        "open": lambda: open_body(source, header, key, io.BytesIO()),
        "check_target": lambda: check_target(
            header, **dict(zip(("tender", "lot", "part"), case["target"], strict=True))
        ),
        "unwrap": lambda: unwrap_as_bidder(header, ticket if holder == "ticket" else player(holder)),
        "open_share": lambda: open_share(header, player(case["custodian"])),
        "combine": lambda: combine(
            header, [Share(s["index"], bytes.fromhex(s["value"])) for s in case["shares"]]
        ),
        "check_identity": lambda: check_identity(
            header, base64.b64decode(case["door_identity"]["salt"]), case["door_identity"]["identity"]
        ),
        "open_identity": lambda: open_identity(header, key),
    }
    steps[case["do"]]()


@pytest.mark.parametrize("number", range(len(REFUSALS)))
def test_each_is_refused_by_its_code(number: int) -> None:
    case = REFUSALS[number]
    with pytest.raises(Refused) as caught:
        _refuse(case)
    assert (caught.value.code, case["why"]) == (case["code"], case["why"])


def test_no_code_of_the_format_is_without_a_vector() -> None:
    shown = {case["code"] for case in REFUSALS}
    rooms = ("envelope.", "share.", "identity.", "bundle.")
    # Of these, one compares a file with a receipt: no reader of an envelope gives it.
    wanted = {c for c in CATALOGUE if c.startswith(rooms)} - {"envelope.digest_differs"}
    ours = {
        f.code for f in vars(__import__("sealing.refusals", fromlist=["x"])).values() if hasattr(f, "code")
    }
    assert (wanted & ours) - shown == set()


def test_every_player_has_a_part() -> None:
    played = {case["input"]["bidder"] for case in CASES.values()}
    played |= {name for case in CASES.values() for name in case["input"]["custodians"]}
    assert set(PLAYERS) - played == {"stranger_p256", "stranger_sm2"}
