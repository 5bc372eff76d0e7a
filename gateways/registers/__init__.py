"""The register of legal persons (法人库): port, HTTP adapter, sandbox server."""

from gateways.registers.port import LegalPersonRegister, Registration

__all__ = ["LegalPersonRegister", "Registration"]
