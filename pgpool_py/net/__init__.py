"""The only room with sockets: reactor, streams, listeners, names."""
