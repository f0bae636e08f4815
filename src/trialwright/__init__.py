"""Trialwright runs a small clinical trial from protocol to report, and proves that its blinded evaluator stayed blind."""

__version__ = "0.1.0"
