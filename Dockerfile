# The two images of Dashly, one target each: `dashly-api` and `dashly-genai-gateway`. `make images` builds both.
#
# Both hold one static program, the certificate authorities, the time zones, and nothing else: no shell, no package, no
# writable file.
# They share one compilation and its caches. Builds for x86-64 and ARM64, on a machine of the same kind.
# Why a static program with glibc's own name resolution: docs/decisions/0025-static-images.md. Why time zones: 0030-time-zones-in-images.md.

# --- the web app: the same files for every processor ---------------------------------------------------------------
FROM --platform=$BUILDPLATFORM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/npm npm ci --cache /npm --ignore-scripts --no-audit --no-fund
COPY web ./
RUN npm run build

# --- both programs ---------------------------------------------------------------------------------------------------
FROM rust:1.95-slim-bookworm AS build
# The allocator of the gateway is built with make; the base image has the C compiler that the rest needs. No version is
# pinned: the release of Debian is, and it drops a package's old version when it publishes a security fix.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
COPY crates crates
COPY migrations migrations
COPY --from=web /src/web/dist web/dist
ARG TARGETARCH
ARG REVISION=unknown
# Features of cargo beyond those of a release: none, but for an image that is to fail a test (scripts/build-images --leaking).
ARG FEATURES=""
# Cargo trusts times of files, and the cache may be newer than a checkout with other content: touching our sources has
# them compiled whenever this step runs. The cache holds everything that is not ours.
RUN --mount=type=cache,id=dashly-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=dashly-target-$TARGETARCH,target=/src/target,sharing=locked \
    case "$TARGETARCH" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      *) echo "no image for $TARGETARCH: only amd64 and arm64" >&2; exit 1 ;; \
    esac \
    && find benches crates migrations web/dist -type f -exec touch {} + \
    && RUSTFLAGS='-C target-feature=+crt-static' DASHLY_REVISION="$REVISION" cargo build --locked --profile dist --target "$target" \
      --package dashly-cli --bin dashly --package dashly-gateway --bin dashly-genai-gateway --features "$FEATURES" \
    && cp "target/$target/dist/dashly" "target/$target/dist/dashly-genai-gateway" /

# --- what the root of an image holds beside the program ----------------------------------------------------------------
FROM rust:1.95-slim-bookworm AS files
WORKDIR /root-of-image
# The time zones are compiled again, in the form without what a program computes by itself: a fifth of the size of Debian's.
RUN mkdir -p etc/ssl/certs tmp usr/share /owned-by-gateway/data /owned-by-api/data/experiment-logs \
    && chmod 1777 tmp \
    && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ \
    && zic -b slim -d usr/share/zoneinfo /usr/share/zoneinfo/tzdata.zi \
    && printf 'root:x:0:0:root:/:/sbin/nologin\ndashly:x:65532:65532:dashly:/data:/sbin/nologin\n' >etc/passwd \
    && printf 'root:x:0:\ndashly:x:65532:\n' >etc/group \
    && printf 'passwd: files\ngroup: files\nhosts: files dns\n' >etc/nsswitch.conf

# --- what both images are -------------------------------------------------------------------------------------------
FROM scratch AS base
COPY --from=files /root-of-image /
USER 65532:65532
ARG VERSION=0.0.0
ARG REVISION=unknown
ENV APP_VERSION=$VERSION
LABEL org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"

# --- the gateway -----------------------------------------------------------------------------------------------------
FROM base AS dashly-genai-gateway
COPY --from=files --chown=65532:65532 /owned-by-gateway /
COPY --from=build /dashly-genai-gateway /dashly-genai-gateway
ENV GATEWAY_BUDGETS=/data/gateway-budgets.json
EXPOSE 4000
# Whether the process answers. Whether it wants calls is asked elsewhere: one that cannot help it is not restarted.
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=3 \
  CMD ["/dashly-genai-gateway", "healthcheck"]
ENTRYPOINT ["/dashly-genai-gateway"]
LABEL org.opencontainers.image.title="dashly-genai-gateway" \
  org.opencontainers.image.description="The gateway to language models of Dashly"

# --- the API, and every other command of the program `dashly` --------------------------------------------------------
FROM base AS dashly-api
COPY --from=files --chown=65532:65532 /owned-by-api /
COPY --from=build /dashly /dashly
# The demonstration's experiments and figures; a deployment mounts its own.
COPY tests.json team-kpis.json /etc/dashly/
ENV DATA_DIR=/data \
  TESTS_FILE=/etc/dashly/tests.json \
  TEAM_KPIS_FILE=/etc/dashly/team-kpis.json
EXPOSE 3000
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=3 \
  CMD ["/dashly", "healthcheck"]
ENTRYPOINT ["/dashly"]
CMD ["api"]
LABEL org.opencontainers.image.title="dashly-api" \
  org.opencontainers.image.description="The API, the web app and the commands of Dashly"
