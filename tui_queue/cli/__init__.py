"""The command line: arguments in, one verb of the core, words out."""
