"""A small Arabic news web on loopback, all of it invented: fictional outlets, their feeds and their pages."""
