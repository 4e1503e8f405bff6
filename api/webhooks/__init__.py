"""Telling other systems by webhook of what happens (Standard Webhooks): to whom, and at least once, in order."""
