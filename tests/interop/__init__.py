"""What runs where other people's programs are: an environment of its own (``make interop``), without ours."""
