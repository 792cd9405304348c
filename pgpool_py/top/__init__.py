"""The pooler in a terminal, by its console; needs psycopg and rich (the extra top)."""
