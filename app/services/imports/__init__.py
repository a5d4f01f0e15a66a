"""The import of existing ledgers: read, checked and normalised first, stored only when the user agrees."""
