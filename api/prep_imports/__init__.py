"""Tally sheets from the files the authorities publish (*PREP*): read whole, judged, recorded."""
