"""The studies that come with the house, one folder each."""
