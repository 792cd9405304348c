"""The settings of what is asked by HTTP, all of them ours; see ``options``."""

from .option import Option
from .values import Flag, ListenAt, Text

HTTP = (
    Option(
        "http_listen",
        ListenAt(),
        "where to answer probes and scrapes: PORT on loopback, HOST:PORT or *:PORT",
        reloadable=False,
        ours=True,
    ),
    Option(
        "http_token",
        Text(),
        "what a scrape must show as its bearer token; probes need none",
        ours=True,
    ),
    Option("http_token_file", Text(), "file that holds http_token", ours=True),
    Option(
        "readiness_needs_server",
        Flag(),
        "be ready only while a server can be reached",
        ours=True,
    ),
)
