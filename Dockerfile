# Paxora in a container: compose.yaml and compose.scale.yaml use it, docs/install.md explains it.

FROM node:20.20.2-bookworm-slim AS node

FROM rust:1.95.0-bookworm AS build
# What the scripts need besides Rust and what that image has.
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /paxora
COPY . .
# When the source was committed, in seconds since 1970: the same source then makes the same files.
ARG SOURCE_DATE_EPOCH
RUN script/bootstrap --run && script/build --release && script/sbom && mkdir /data

# Nothing but glibc and the account "nonroot": no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Paxora" \
    org.opencontainers.image.description="The community app of a parish: chat and voice calls" \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /paxora/target/release/paxora /usr/local/bin/paxora
COPY --from=build /paxora/LICENSE /paxora/target/release/third-party-licences.txt /paxora/target/release/paxora.cdx.json /usr/share/doc/paxora/
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV LISTEN=0.0.0.0:3000 DATABASE_URL=sqlite:/data/paxora.db
VOLUME /data
# The app, for a reverse proxy, or with a DOMAIN; everybody's audio.
EXPOSE 3000/tcp 80/tcp 443/tcp 7882/udp 7882/tcp
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/usr/local/bin/paxora", "health"]
ENTRYPOINT ["/usr/local/bin/paxora"]
