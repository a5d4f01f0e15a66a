"""Pages: queries become plain data, then a workbook, a PDF or a preview."""
