"""Scrapy item pipelines in the order a reader expects; each a thin call into the product."""
