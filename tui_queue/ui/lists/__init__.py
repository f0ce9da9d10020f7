"""The screens that list queues, schedules, batches and statistics."""
