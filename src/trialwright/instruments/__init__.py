"""A shelf of measures; a study takes the ones that it names, and each file stands alone."""
