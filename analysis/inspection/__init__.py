"""How export files would be read, before anything is published, and what would cure them."""
