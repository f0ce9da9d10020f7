"""Values that are written with a unit: durations, sizes, signals; and text made safe to print."""
