"""The frozen schemas, one file each: the published type, then the minor. None is ever edited."""
