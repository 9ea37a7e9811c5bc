# syntax=docker/dockerfile:1
# One image for every process: the command says which. `make image-steps` runs the steps of `build`
# in a clean folder without Docker.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/tidegate
# Dependencies first: they change seldom. --require-hashes: what is installed is what was locked.
COPY requirements.lock ./
RUN /opt/tidegate/bin/pip install --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY streams ./streams
COPY packs ./packs
RUN /opt/tidegate/bin/pip install --no-deps --no-build-isolation .
RUN /opt/tidegate/bin/python -m compileall -q /opt/tidegate/lib
RUN /opt/tidegate/bin/tidegate measures validate

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Tidegate" \
      org.opencontainers.image.description="Real-time trade-control monitor" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 tidegate \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/tidegate tidegate \
    && install -d -o tidegate -g tidegate /var/lib/tidegate/state /var/lib/tidegate/cache
COPY --from=build /opt/tidegate /opt/tidegate
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TIDEGATE_STATE_DIR=/var/lib/tidegate/state \
    TIDEGATE_CACHE_DIR=/var/lib/tidegate/cache \
    TIDEGATE_METRICS_HOST=0.0.0.0 \
    TIDEGATE_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/tidegate
VOLUME ["/var/lib/tidegate/state", "/var/lib/tidegate/cache"]
# Workers and the notifier; the console serves its health on a port of its own.
EXPOSE 9464 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9464/live', timeout=2)"]
ENTRYPOINT ["tidegate"]
CMD ["--help"]
