"""Decides what happens. Names no vendor."""
