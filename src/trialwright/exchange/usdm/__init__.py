"""The definition of a study as the digital protocol, USDM 4.0 (`document`)."""
