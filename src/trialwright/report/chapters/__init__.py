"""A shelf of chapters of a clinical study report after ICH E3: each file writes one part of it from the study and the record, and knows none of the others."""
