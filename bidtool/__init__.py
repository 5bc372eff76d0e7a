"""The command line for bidders, custodians and auditors. Works alone: no Django, no settings, no database."""
