"""Signatures over files: reading, making and judging CMS, GB/T 35275, RFC 3161 and PDF signatures.

Pure: bytes, a time, a trust list and revocation evidence in; a report out (:mod:`report`).
"""
