"""SM2 signatures verified by the house against ``openssl speed sm2``, the library's own loop.

Both in seconds of CPU, because that is what ``openssl speed`` counts.
"""

from __future__ import annotations

import re
import subprocess
import time

from sealing import sm2
from tests.bench.measure import Result, result
from tests.unit.sealing.cast import signer

SIGNATURES = 2000
RUNS = 3


def run() -> Result:
    leaf = signer("国密投标人", "sm2").chain[0]
    spki = sm2.spki_of(leaf)
    signed = leaf.signature, leaf.tbs_certificate_bytes

    def ours() -> None:
        assert all(sm2.verify(spki, *signed) for _ in range(SIGNATURES))

    ours()
    mine, bare = [], []
    for _ in range(RUNS):
        start = time.process_time()
        ours()
        mine.append(time.process_time() - start)
        bare.append(SIGNATURES / _library())
    return result(
        "sm2_verify",
        f"验证 {SIGNATURES} 个 SM2 证书签名（含 Z 值与 SM3）",
        "openssl speed sm2：同一个 libcrypto 自己的循环",
        mine,
        bare,
        verify_per_second=round(SIGNATURES / sorted(mine)[RUNS // 2]),
    )


def _library() -> float:
    """Verifications a second, as the command line counts them."""
    command = ["openssl", "speed", "-seconds", "1", "sm2"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"SM2.*?([0-9.]+)\s*$", said.strip())
    assert found, said
    return float(found[1])
