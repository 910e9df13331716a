"""One ticket on the whole screen: its pages, and everything that is decided about it."""
