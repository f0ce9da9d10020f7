"""Benchmarks and measurements; each prints ratios of one run."""
