"""The queue itself: it runs jobs with or without a screen."""
