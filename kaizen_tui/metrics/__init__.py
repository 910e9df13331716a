"""Where numbers come from: one small protocol, and the sources that speak it."""
