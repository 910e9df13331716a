"""What leaves: the board as json, yaml, csv, md, html, svg and prom."""
