"""All that knows Scrapy: spiders, politeness, the guard at the door, and the set-up that every crawl shares."""
