"""Shipped for authors of drivers: hand your driver and a small fake of its far end to the suite of its socket."""
