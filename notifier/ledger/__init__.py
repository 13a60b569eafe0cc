"""The store: tables as a projection of a chain of events."""
