"""The frozen values of the domain: jobs, runs, queues, schedules, options, reasons."""
