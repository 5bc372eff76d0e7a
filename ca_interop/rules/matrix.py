"""The words and shapes of the interoperability matrix: CA × algorithm × operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

OPERATIONS = ("login", "sign", "verify", "seal", "open", "revoke", "timestamp")
OPERATION_ZH = {
    "login": "登录",
    "sign": "签名",
    "verify": "验签",
    "seal": "加密",
    "open": "解密",
    "revoke": "吊销",
    "timestamp": "时间戳",
}
ALGORITHM_ZH = {"rsa-2048": "RSA-2048", "rsa-4096": "RSA-4096", "p256": "ECDSA P-256", "sm2": "SM2"}


@dataclass(frozen=True)
class Cell:
    """One operation tried out. ``code`` is empty when it held; ``zh`` and ``en`` say what fails."""

    authority: str
    name: str
    algorithm: str
    operation: str
    milliseconds: int
    code: str = ""
    zh: str = ""
    en: str = ""

    @property
    def ok(self) -> bool:
        return not self.code

    @property
    def operation_zh(self) -> str:
        return OPERATION_ZH[self.operation]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Row:
    """One CA with one algorithm; ``cells`` in the order of ``OPERATIONS``, ``None`` where nothing was tried."""

    authority: str
    name: str
    algorithm: str
    cells: tuple[Cell | None, ...]

    @property
    def algorithm_zh(self) -> str:
        return ALGORITHM_ZH.get(self.algorithm, self.algorithm)


def rows(cells: Sequence[Cell]) -> tuple[Row, ...]:
    """The matrix, rows in the order in which they were tried."""
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell in cells:
        found.setdefault((cell.authority, cell.algorithm), {})[cell.operation] = cell
    return tuple(
        Row(authority, next(iter(of.values())).name, algorithm, tuple(of.get(o) for o in OPERATIONS))
        for (authority, algorithm), of in found.items()
    )
