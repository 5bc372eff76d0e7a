"""The call: stdin, stdout, exit status, error codes; the same through ``manage.py``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernel.scoring.command import answer

ROOT = Path(__file__).parents[4]
GOOD = b'{"method":"low_price_first","parameters":{"full_score":60},"bids":[{"id":"a","price":100.10}]}'


def run(data: bytes, *command: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [sys.executable, *(command or ("manage.py", "score", "--stdin"))],
        input=data, capture_output=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"x", b"[]", b"null", b'"x"', b"5", b"{", b"{}{}", b"{} x", b"\xff{}", b"{'a': 1}",
        b'{"bids": NaN}', b'{"bids": [Infinity]}', b'{"a": 01}', b'{"a": +1}', b'{"a": .5}', b"\xef\xbb\xbf{}",
        b'{"method": "a", "method": "b"}', b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_not_a_json_object(data: bytes) -> None:
    assert answer(data)[:2] == (2, {"error": "bad_json"})


def priced(text: str) -> dict[str, Any]:
    data = b'{"method":"low_price_first","parameters":{"full_score":"60","price_decimals":10},"bids":[{"id":"a","price":%s}]}'  # fmt: skip
    status, out, _ = answer(data % text.encode())
    assert status == 0
    return {"benchmark": out["benchmark_price"], "rejected": out["bids"][0]["rejected"]}


def test_json_numbers_are_read_by_their_text() -> None:
    assert priced("100.1") == {"benchmark": "100.1000000000", "rejected": None}
    assert priced("0.1234567891")["benchmark"] == "0.1234567891"
    assert (
        priced("123456789012345678901234567890.05")["benchmark"]
        == "123456789012345678901234567890.0500000000"
    )
    assert priced("1e2") == {"benchmark": None, "rejected": "invalid_price"}
    assert priced("1E-2")["rejected"] == "invalid_price"
    assert priced('"1e2"')["rejected"] == "invalid_price"
    assert priced("-0")["rejected"] == "not_positive"
    assert priced("true")["rejected"] == "invalid_price"
    assert priced("null")["rejected"] == "invalid_price"
    assert priced('""')["rejected"] == "invalid_price"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ('{"full_score": 1e2}', "bad_parameters"),
        ('{"full_score": "60", "min_valid": 1.0}', "bad_parameters"),
        ('{"full_score": "60", "min_valid": 1e0}', "bad_parameters"),
        (f'{{"full_score": "60", "score_decimals": {"9" * 5000}}}', "bad_parameters"),
        ('{"full_score": "60", "tie_break": [5]}', "bad_parameters"),
        ("[]", "bad_parameters"),
    ],
)
def test_parameters_as_json(parameters: str, code: str) -> None:
    data = f'{{"method": "low_price_first", "parameters": {parameters}, "bids": []}}'
    assert answer(data.encode())[:2] == (2, {"error": code})


@pytest.mark.parametrize("name", ["id", "method"])
def test_a_number_is_not_text(name: str) -> None:
    request = GOOD.replace(b'"a"', b"5") if name == "id" else GOOD.replace(b'"low_price_first"', b"5")
    assert answer(request)[1]["error"] == ("bad_parameters" if name == "id" else "unknown_method")


def test_the_command_answers_and_says_nothing_else() -> None:
    status, out, said = run(GOOD)
    assert (status, out["benchmark_price"], said) == (0, "100.10", "")
    assert run(GOOD, "-m", "kernel.scoring", "--stdin") == (status, out, said)


def test_an_error_is_a_code_on_stdout_and_a_sentence_on_stderr() -> None:
    status, out, said = run(b'{"method": "best", "bids": []}')
    assert (status, out) == (2, {"error": "unknown_method"})
    assert "best" in said


def test_an_id_may_be_any_json_text() -> None:
    status, out, _ = run(GOOD.replace(b'"a"', b'"\\ud800\xe7\x94\xb2"'))
    assert (status, out["bids"][0]["id"]) == (0, "\ud800甲")
