"""The door for sites: the middleware, what a handler sees, slot tags and markers, cache headers."""
