"""What an auditor does before witnesses, and the record each of it leaves (decision 31).

Four ceremonies: what runs, that nothing was said yet, the signed log, and the tables told from it.
"""
