"""Where claims about speed are checked: each is a ratio of two things measured in the same run.

Not a test: no figure here makes a build fail, because a busy machine would.
"""
