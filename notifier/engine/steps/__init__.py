"""The deeds of a playbook, one file each: the rows a step begins with, and the work that carries them out."""
