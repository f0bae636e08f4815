"""What goes out to others and what comes in from them; nothing here knows a particular study."""
