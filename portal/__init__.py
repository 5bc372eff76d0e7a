"""The shared shell: base templates, components, static files, error pages, base WebSocket consumer."""
