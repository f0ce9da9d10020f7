"""Tests of one part of the core, with real files and real processes."""
