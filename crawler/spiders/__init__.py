"""The spiders; a hand-written class with an outlet's id as its name wins over the outlet's declaration."""
