"""Every verb of trading. Importing the package registers all handlers."""
