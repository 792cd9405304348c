# The pooler on its own, its configuration (with listen_addr = * and an absolute path
# to auth_file) in ./etc:
#
#     docker run -p 6432:6432 -v ./etc:/etc/pgpool:ro IMAGE

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY pgpool_py pgpool_py
COPY protocol protocol
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
COPY --from=build /wheels /wheels
# The wheel needs nothing but the standard library.
RUN pip install --no-cache-dir --no-index /wheels/*.whl \
    && rm -r /wheels \
    && useradd --system --user-group --uid 10001 --no-create-home pgpool
USER 10001
EXPOSE 6432
# Servers are given back at the end of their transactions, then the pooler stops.
STOPSIGNAL SIGINT
ENTRYPOINT ["pgpool-py"]
CMD ["/etc/pgpool/pgbouncer.ini"]
