"""When a feed is asked again: a pure decision over what is remembered of it and what it just answered."""
