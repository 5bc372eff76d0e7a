"""The bidder's work: a folder of files becomes a sealed envelope, travels, and is opened again."""
