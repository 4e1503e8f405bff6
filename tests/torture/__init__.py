"""Long harnesses: kills, races and floods. Small by default, full size with ``BITACORA_TORTURE=full``."""
