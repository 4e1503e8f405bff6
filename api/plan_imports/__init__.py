"""A body's own calendar: the file is read against its plan, looked at row by row, and its dates recorded."""
