"""The terminal that output is drawn on: cells, colours, escape sequences."""
