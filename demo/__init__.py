"""The demo: one public tender from announcement to award, through HTTP, WebSocket and the command line."""
