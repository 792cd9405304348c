"""Which format is answered, whatever a client says."""

import pytest

from pgpool_py.metrics.exposition import PrometheusExposition
from pgpool_py.metrics.rendering import Format, negotiate

from .snapshots import snapshot


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("text/plain; version=x", Format.TEXT),
        ("text/plain; version=1.0.0; escaping=allow-utf-8", Format.TEXT),
        ("text/plain, application/json;application/openmetrics-text", Format.TEXT),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("application/openmetrics-text; version=a.b.c", Format.OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0\r\n X: y", Format.OPENMETRICS),
        ("text/plain;q=0.5, Application/OpenMetrics-Text ;q=1", Format.OPENMETRICS),
    ],
)
def test_one_of_two_formats_is_answered(accept: str, expected: Format) -> None:
    assert negotiate(accept) is expected


@pytest.mark.parametrize("wanted", Format)
def test_the_library_writes_each(wanted: Format) -> None:
    text = PrometheusExposition().render(snapshot(), wanted).decode()
    assert text.endswith("# EOF\n") is (wanted is Format.OPENMETRICS)
