"""From what a user typed to checked values, and back."""
