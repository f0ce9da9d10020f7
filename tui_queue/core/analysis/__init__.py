"""Pure readings of output and figures: progress, causes of failure, estimates, usage."""
