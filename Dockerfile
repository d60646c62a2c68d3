# The programs are the same for every platform, so they are bundled once, on the platform that builds.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS content
WORKDIR /checkout
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN node release/main.ts image

# The entrypoint of this image is node.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.source="https://github.com/serin-dev/serin" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# A number, because the kubelet cannot tell whether a user with a name is root (runAsNonRoot).
USER 65532:65532
ENV NODE_ENV=production
WORKDIR /serin
COPY --from=content /checkout/dist/image ./
CMD ["webhook/main.ts"]
