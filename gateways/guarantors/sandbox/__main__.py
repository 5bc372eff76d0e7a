"""``python -m gateways.guarantors.sandbox --store DIR --certificate PEM --trusted PEM``: serve until interrupted."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from gateways.guarantors.sandbox.identity import Roots, party
from gateways.guarantors.sandbox.issuer import Issuer
from gateways.guarantors.sandbox.server import GuarantorServer
from gateways.guarantors.sandbox.store import Store


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gateways.guarantors.sandbox", description="电子保函开立机构（演示）"
    )
    parser.add_argument("--store", type=Path, required=True, help="保存保函的目录")
    parser.add_argument("--certificate", type=Path, required=True, help="机构私钥与证书链（PEM，叶证书在前）")
    parser.add_argument("--trusted", type=Path, required=True, help="受信任的根证书（PEM）")
    parser.add_argument("--platform-keys", type=Path, help="平台公钥文件：每行一个十六进制 Ed25519 公钥")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8711, help="0 = 任意空闲端口，启动后打印")
    parser.add_argument("--training", action="store_true", help="保函标明演练")
    options = parser.parse_args()
    issuer = open_issuer(options)
    # The PDF engine reads these two; the issuer's paper carries the issuer's own name.
    settings.configure(
        PLATFORM_NAME=issuer.party.name,
        PDF_FONT_DIRS=os.environ.get("PDF_FONT_DIRS", "/usr/share/fonts:/usr/local/share/fonts").split(":"),
    )
    with GuarantorServer((options.host, options.port), issuer) as server:
        print(f"保函机构已启动：{server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def open_issuer(options: argparse.Namespace) -> Issuer:
    pem = options.certificate.read_bytes()
    key = load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SystemExit("--certificate: 私钥应为 RSA 或 P-256 / an RSA or P-256 key is needed")
    chain = x509.load_pem_x509_certificates(pem)
    party(chain[0])
    keys: Path | None = options.platform_keys

    def platform_keys() -> frozenset[str]:
        """Read each time: the platform may be started after the issuer."""
        return frozenset(keys.read_text("ascii").split()) if keys and keys.exists() else frozenset()

    return Issuer(
        key=key,
        chain=chain,
        roots=Roots(tuple(x509.load_pem_x509_certificates(options.trusted.read_bytes()))),
        store=Store(options.store),
        platform_keys=platform_keys,
        training=options.training,
    )


if __name__ == "__main__":
    sys.exit(main())
