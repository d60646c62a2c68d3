FROM node:24-bookworm-slim AS modules
WORKDIR /serin
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

# The entrypoint of this image is node.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
# A number, because the kubelet cannot tell whether a user with a name is root (runAsNonRoot).
USER 65532:65532
ENV NODE_ENV=production
WORKDIR /serin
COPY --from=modules /serin/node_modules node_modules
COPY package.json LICENSE ./
COPY rollout rollout
COPY kube kube
COPY flags flags
COPY certs certs
COPY telemetry telemetry
COPY webhook webhook
COPY controller controller
COPY cli cli
CMD ["webhook/main.ts"]
