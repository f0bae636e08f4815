"""The views, one module per task of a person; each gets a `Call` and knows the trial through its casebook alone."""
