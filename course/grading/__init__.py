"""Grading a homework."""
