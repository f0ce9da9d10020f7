"""Every verb of the user, one object for each noun."""
