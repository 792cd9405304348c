"""The owner of connections, pools and timers."""
