"""Scrapy commands of this project; each module is one command, named like the module."""
