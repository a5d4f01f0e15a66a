"""收件 at headquarters: packages in, answers out, and the sites."""
