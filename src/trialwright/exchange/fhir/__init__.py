"""The study, its forms, its pages and its events as FHIR R4 (`document`)."""
