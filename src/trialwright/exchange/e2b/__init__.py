"""Serious adverse events as individual case safety reports after ICH E2B(R3) (`document`)."""
