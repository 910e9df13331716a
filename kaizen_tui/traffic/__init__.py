"""Users' requests: who gets the canary, and recorded ones played again to both versions."""
