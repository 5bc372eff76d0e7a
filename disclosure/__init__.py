"""Disclosure: what leaves the house. Public notices, the log, the record of a tender."""
