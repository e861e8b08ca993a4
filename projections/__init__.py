"""Views: what the log says now, kept in tables that can be thrown away and rebuilt."""
