"""Who sees what: the gate is the only way to the ledger, and every reader gets a history of his own."""

from trialwright.blinding.gate import SYSTEM, Actor, Gate

__all__ = ["SYSTEM", "Actor", "Gate"]
