"""The scheduler, and the lease that makes it the only one."""
