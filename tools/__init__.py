"""What makes, checks and builds this project; nobody who runs the workbook needs it."""
