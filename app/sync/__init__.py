"""The protocol between a site and headquarters, both ends side by side."""
