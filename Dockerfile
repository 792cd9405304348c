# The pooler on its own, told by its environment what to pool:
#
#     docker run --read-only -p 127.0.0.1:6432:6432 \
#         -e DATABASE_URL=postgresql://app:PASSWORD@db.example:5432/app IMAGE
#
# With a configuration file (and an absolute path to auth_file in it) in ./etc:
#
#     docker run -p 6432:6432 -v ./etc:/etc/pgpool:ro IMAGE /etc/pgpool/pgbouncer.ini

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY pgpool_py pgpool_py
COPY protocol protocol
RUN pip wheel --no-cache-dir --wheel-dir /wheels ".[metrics]"

FROM python:3.13-slim
COPY --from=build /wheels /wheels
# Compiled here, for nothing can be written later.
RUN pip install --no-cache-dir --no-index --compile /wheels/*.whl \
    && rm -r /wheels \
    && useradd --system --user-group --uid 10001 --no-create-home pgpool
# Only the container's own address is 127.0.0.1, so it listens on all; who may come
# there is up to what publishes the ports. Time to stop fits a grace period of 30 s.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PGPOOL_LISTEN_ADDR=* \
    PGPOOL_UNIX_SOCKET_DIR= \
    PGPOOL_HTTP_LISTEN=0.0.0.0:9127 \
    PGPOOL_SHUTDOWN_GRACE=5 \
    PGPOOL_SHUTDOWN_TIMEOUT=10
USER 10001:10001
EXPOSE 6432 9127
# Clients are let go between their transactions, then the pooler stops.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --start-interval=1s \
    CMD ["pgpool-py", "health"]
ENTRYPOINT ["pgpool-py"]
