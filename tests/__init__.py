"""The tests: spec (what it does), property (laws), golden (numbers with a witness), web (pages), rooms (how it is built)."""
