"""Jobs as they travel between queues and programs."""
