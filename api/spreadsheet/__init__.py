"""Files people fill in, CSV and XLSX, read within limits: everything comes out as text, with the cell it came from."""
