"""How subjects come into their arms: by clinician, by response or at random; the study's reading decides which."""

from trialwright.allocation.allocate import Allocate
from trialwright.allocation.blocks import SealSequence, sequence

__all__ = ["Allocate", "SealSequence", "sequence"]
