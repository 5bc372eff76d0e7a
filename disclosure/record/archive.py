"""A record as one ZIP file: equal directories give equal bytes."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
#: Ciphertext and PDF do not get smaller; text does.
_STORED = frozenset({".mtse", ".pdf", ".zip", ".der"})


def pack(root: Path, target: Path) -> None:
    """Write ``root`` and everything in it to ``target``; names begin with the directory's own name."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", allowZip64=True) as packed:
        for path in files:
            name = f"{root.name}/{path.relative_to(root).as_posix()}"
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in _STORED else zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as out:
                shutil.copyfileobj(source, out, 1 << 20)
