"""What the pages share: how a page is asked for and answered, how things look, are drawn and are written."""
