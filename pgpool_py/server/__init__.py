"""The side on which we play the client: connections to PostgreSQL."""
