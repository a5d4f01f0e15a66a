"""Actions: one function per verb, session first."""
