"""The machine below: memory, load, GPUs, boot id; and calls made in a daemon thread."""
