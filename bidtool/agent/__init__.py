"""The loopback agent: a page uses the token or key file of this computer, and its holder sees what for.

Its protocol is written down in bidtool/README.md.
"""
