"""Tests with kills, full or stuck disks, wrong clocks and stalled terminals."""
