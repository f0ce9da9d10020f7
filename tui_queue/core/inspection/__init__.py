"""What the program tells about a job, the forecast and the health of a queue."""
