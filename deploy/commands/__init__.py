"""The commands of `ambito`, one file for each kind of work."""
