"""Running it: settings, the `ambito` command, the local stack and the migrations."""
