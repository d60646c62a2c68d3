FROM node:24-bookworm-slim AS modules
WORKDIR /serin
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

# The entrypoint of this image is node, and its user is 65532.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
ENV NODE_ENV=production
WORKDIR /serin
COPY --from=modules /serin/node_modules node_modules
COPY package.json LICENSE ./
COPY rollout rollout
COPY kube kube
COPY flags flags
COPY certs certs
COPY webhook webhook
COPY controller controller
COPY cli cli
CMD ["webhook/main.ts"]
