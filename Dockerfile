# Build:  docker build -t fettled .
# Run:    docker run -v ./fettled.yaml:/etc/fettled/fettled.yaml:ro -v fettled:/var/lib/fettled -p 8080:8080 fettled
# In the configuration, `server.listen: "0.0.0.0:8080"` makes it reachable from outside the
# container; that needs an `access:` section, since without one only loopback is answered.

FROM python:3.13-slim AS build
WORKDIR /src
RUN ["python", "-m", "venv", "/opt/fettled"]
# The lock first: what changes rarely stays in the cache of layers.
COPY requirements.lock ./
RUN ["/opt/fettled/bin/pip", "install", "--no-cache-dir", "--require-hashes", "-r", "requirements.lock"]
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY src ./src
RUN ["/opt/fettled/bin/pip", "wheel", "--no-cache-dir", "--no-deps", "--wheel-dir", "/wheel", "."]
RUN ["/opt/fettled/bin/pip", "install", "--no-cache-dir", "--no-deps", "--no-index", "--find-links", "/wheel", "fettled"]

FROM python:3.13-slim
COPY --from=build /opt/fettled /opt/fettled
# A number, not a name: Kubernetes' runAsNonRoot cannot judge names.
RUN ["install", "-d", "-o", "10001", "-g", "10001", "-m", "0700", "/var/lib/fettled"]
RUN ["install", "-d", "/etc/fettled"]
ENV FETTLED_CONFIG=/etc/fettled/fettled.yaml
USER 10001:10001
WORKDIR /var/lib/fettled
VOLUME ["/var/lib/fettled"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["/opt/fettled/bin/fettled", "health-check"]
ENTRYPOINT ["/opt/fettled/bin/fettled"]
CMD ["run"]
