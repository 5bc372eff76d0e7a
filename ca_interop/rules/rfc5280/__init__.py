"""Certification path building and validation after RFC 5280 §6, pure: bytes in, verdict out.

``request.answer`` is the door of ``python -m ca_interop validate``; ``engine.Engine`` is the same for
callers that have parsed certificates.
"""
