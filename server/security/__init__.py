"""Admission of people, signatures, and rate limits."""
