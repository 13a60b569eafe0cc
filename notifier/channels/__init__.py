"""One file or package per kind of sender and of speaker output: the file name is what settings call it."""
