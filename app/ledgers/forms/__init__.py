"""A unit's own workbook as a ledger: judged when it is loaded, filled without touching anything but the filled cells."""
