"""Starting, stopping and following runs."""
