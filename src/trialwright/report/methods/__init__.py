"""A shelf of methods: each file carries out one method on the patients of one analysis and knows none of the others."""
