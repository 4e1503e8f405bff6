"""Many reports in one request: read row by row, decided one after the other, recorded together or each for itself."""
