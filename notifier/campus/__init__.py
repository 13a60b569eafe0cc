"""The virtual school: pure models with faults on order, and the skins that make them answer."""
