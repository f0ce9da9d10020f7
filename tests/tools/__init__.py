"""Tools that make files of the project: pictures, recordings, the calls of a help page."""
