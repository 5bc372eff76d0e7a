"""The public record of a tender: a directory that anybody can check offline.

The format is bidtool/RECORD.md; ``bidtool verify`` reads what this package writes.
"""
