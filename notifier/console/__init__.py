"""The HTTP side of the house: one table of routes, handed `Commands`, `Views`, `Accounts` and `Follow`."""
