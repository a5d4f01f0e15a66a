"""事项: the list of issues, one issue with its timeline and legal next steps, and the form that registers one."""
