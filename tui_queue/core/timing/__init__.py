"""Times: absolute and relative datetimes, time zones, recurrence rules and opening hours."""
