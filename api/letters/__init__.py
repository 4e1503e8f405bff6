"""Letters by e-mail to those who work with the log: what is due, late, re-dated, returned, or waits for them."""
