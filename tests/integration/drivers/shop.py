"""Tables for the tests of Django, which wants to be configured before there are any.

Where the pooler is, each test says anew.
"""

import django  # type: ignore[import-untyped]  # it comes without types
from django.conf import settings  # type: ignore[import-untyped]  # as above
from django.db import models  # type: ignore[import-untyped]  # as above

from tests.fixtures.pooler_files import DATABASE, USER

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": USER,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    },
    # Another than PostgreSQL's, so that each connection sets it.
    TIME_ZONE="Asia/Tokyo",
    USE_TZ=False,
)
django.setup()


class Order(models.Model):  # type: ignore[misc]  # its base comes without types
    """Something that was bought."""

    name = models.CharField(max_length=20, unique=True)
    count = models.IntegerField(default=0)

    class Meta:
        app_label = "shop"
