"""Canaries on the board: followed, drawn on cards and pages, acted upon, driven."""
