"""Documents as they come and go by HTTP: received within limits, told for what they are, given to who may see them.

Where they are kept is `ledger.documents`; what they support is in the log (`domain.milestone_evidence`).
"""
