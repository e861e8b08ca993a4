"""Invented households for the demo and the tests: nobody in here exists, and nobody could."""
