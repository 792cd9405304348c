"""The demo: many clients over few servers, to be watched on this machine.

Only `show` and what it imports need psycopg; `options` and `errors` do not.
"""
