"""Tests in real terminals: tmux, pseudo-terminals, SSH."""
