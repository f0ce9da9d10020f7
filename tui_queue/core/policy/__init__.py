"""Pure decisions: which jobs may start, how a run ended, what is kept."""
