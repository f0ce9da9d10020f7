"""The database: one transaction for each verb, one class for each noun."""
