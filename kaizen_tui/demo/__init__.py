"""The demonstration: the whole loop on this machine, played with the product's own commands."""
