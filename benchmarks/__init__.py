"""Measurements, printed as ratios against a reference taken in the same run."""
