"""How it talks: HTTP, pages, command line, settings. Nothing is decided here."""
