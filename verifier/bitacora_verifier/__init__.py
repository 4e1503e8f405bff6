"""An independent verifier of Bitácora Electoral's signed log.

It shares no code with the program that keeps the log and imports none of it: what it checks it works out by itself,
from ``docs/VERIFY.md`` and the formats of C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof) and RFC 6962.
"""
