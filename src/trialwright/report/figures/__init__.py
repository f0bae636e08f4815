"""A shelf of figures: each file makes one figure out of the trial's datasets and knows none of the others."""
