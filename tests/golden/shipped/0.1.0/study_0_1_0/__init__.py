"""A study as that version wrote it."""
