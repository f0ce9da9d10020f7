"""The main screen: the table of jobs and everything around it."""
