"""What several tests share: terminals, processes, a pilot, an SSH server."""
