"""The forms: writing a new ticket and editing one. The model is pure; widgets and screens only show it."""
