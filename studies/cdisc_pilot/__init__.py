"""The CDISC pilot trial (CDISCPILOT01): xanomeline patches against placebo in Alzheimer's disease; real input for the whole house."""
