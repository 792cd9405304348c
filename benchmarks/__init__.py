"""Measure the pooler beside PostgreSQL itself and beside PgBouncer."""
