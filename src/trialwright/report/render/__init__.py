"""How a report is put on a screen or on paper: as one web page, or as plain text."""
