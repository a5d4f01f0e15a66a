"""管理: accounts, code lists, templates, backups, imports, the state of this machine."""
