"""Who is at the browser: signing in, staying signed in, and proving it again before an act of legal effect.

What a person may do is not decided here (`domain.access.authorise`), and programs do not come this way (`api.auth`).
"""
