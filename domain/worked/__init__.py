"""Worked examples of the law: files read strictly and run through the functions that the register uses."""
