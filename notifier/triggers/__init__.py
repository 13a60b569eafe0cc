"""Kinds of things that start a response, one file each: the file name is the word that a site file writes."""
