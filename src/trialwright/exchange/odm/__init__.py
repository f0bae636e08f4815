"""The record as CDISC ODM: 1.3.2 as a snapshot and as a history (`document`), 2.0 with the design (`document2`)."""
