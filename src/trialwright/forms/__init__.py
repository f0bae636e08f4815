"""A shelf of reusable pages of the case report form; a study takes the ones that it names."""
