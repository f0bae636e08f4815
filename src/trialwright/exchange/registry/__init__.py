"""Who of a registry could join: its tables are read (`table`, `omop`) and held against the criteria (`screening`)."""
