"""People out of other programs' exports: tables of any dialect and OneRoster zips, to a contacts file of ours."""
