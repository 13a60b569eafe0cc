"""Camera drivers: the file name is the registration. Files that start with `_` are shared, not drivers."""
