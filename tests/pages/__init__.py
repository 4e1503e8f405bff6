"""The pages: in a real browser, over the real calendar."""
