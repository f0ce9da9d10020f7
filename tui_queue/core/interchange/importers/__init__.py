"""One file for each format that jobs are imported from."""
