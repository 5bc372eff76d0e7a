"""The doors: each module parses arguments, calls the work, says the result."""
