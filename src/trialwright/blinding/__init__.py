"""Who sees what: the gate is the only way to the ledger, and every reader gets a history of his own."""

from trialwright.blinding.gate import Actor, Gate

__all__ = ["Actor", "Gate"]
