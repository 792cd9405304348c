"""The side on which we play the server: applications connected to us."""
