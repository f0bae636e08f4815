"""NCT06546540: telitacicept against conventional treatment in diffuse systemic sclerosis whose skin still progresses."""
