"""Who may join the study and why, and where the conduct departed from the plan."""
