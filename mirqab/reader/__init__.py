"""The reading room: what is flagged and why, for the terminal and for the browser."""
