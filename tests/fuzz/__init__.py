"""Random and exhaustive attacks: models, fuzzing, kills, crash points."""
