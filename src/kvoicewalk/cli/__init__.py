"""The `kvw` command: options → config → one call → one table."""
