"""What every page stands on: the router, the beginning of a page, the state in the URL."""
