"""A shelf of tables: each file makes one table out of the trial's datasets and knows none of the others."""
