"""Who is told of a canary's events: commands and webhooks, tried until they take them."""
