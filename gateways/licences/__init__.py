"""Electronic business licence (电子营业执照): port, HTTP adapter, sandbox server."""

from gateways.licences.port import Code, Holder, LicenceService, Progress

__all__ = ["Code", "Holder", "LicenceService", "Progress"]
