"""What reviewers ask of the trial as a whole and what follows from no other part of the study; from the registration or the assumptions."""

from trialwright.protocol import Summary

SUMMARY = (
    Summary(name="STYPE", value="INTERVENTIONAL"),
    Summary(name="TTYPE", value="EFFICACY"),
    Summary(name="TTYPE", value="SAFETY"),
    Summary(name="TINDTP", value="TREATMENT"),
    Summary(name="INDIC", value="Diffuse systemic sclerosis with progression of the skin"),
    Summary(name="TDIGRP", value="Patients with diffuse systemic sclerosis whose skin progresses"),
    Summary(name="HLTSUBJI", value="N"),
    Summary(name="SEXPOP", value="BOTH"),
    Summary(name="INTMODEL", value="PARALLEL"),
    Summary(name="INTTYPE", value="BIOLOGIC"),
    Summary(name="TBLIND", value="OBSERVER BLIND"),
    Summary(name="TCNTRL", value="ACTIVE"),
    Summary(name="ADDON", value="Y"),
    Summary(name="ADAPT", value="N"),
    Summary(name="TRT", value="TELITACICEPT"),
    Summary(name="ROUTE", value="SUBCUTANEOUS"),
    Summary(name="DOSFRQ", value="EVERY WEEK"),
    Summary(name="CURTRT", value="CONVENTIONAL TREATMENT"),
    Summary(name="OBJPRIM", value="Efficacy (progression of skin lesions) and safety of telitacicept"),
    Summary(name="STOPRULE", absent="NAV"),
    Summary(name="AGEMIN", absent="NAV"),
    Summary(name="AGEMAX", absent="NAV"),
)
"""Ages and a rule for stopping were not obtained from the registration (NAV: not available)."""
