import type { ErrorRequestHandler, Express } from "express";
import express from "express";
import { messageOf } from "../kube/core/error-message.ts";
import type { Log } from "../kube/core/log.ts";
import { type AdmissionRequest, BadReview, type ReviewResponse, readReview, writeReview } from "./review.ts";

/** etcd refuses objects above 1.5 MB, and a review holds two objects. */
const BODY_LIMIT = "4mb";

/** Decides about requests of one kind. */
export type Admit<T> = (request: AdmissionRequest<T>) => Promise<ReviewResponse>;

/** The options of the server. */
export interface ServerOptions {
  /** The last part of the path → its kinds, and the function that decides. */
  readonly kinds: Readonly<
    Record<string, { readonly kinds: readonly string[]; readonly admit: Admit<never> }>
  >;
  /** Whether the server can answer requests already. */
  readonly ready: () => boolean;
  readonly log: Log;
}

/** The HTTP application: `POST /admit/<plural>`, `GET /healthz`, `GET /readyz`. */
export function admissionApp({ kinds, ready, log }: ServerOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/healthz", (_request, response) => void response.send("ok"));
  app.get(
    "/readyz",
    (_request, response) => void response.status(ready() ? 200 : 503).send(ready() ? "ok" : "not ready"),
  );
  for (const [plural, { kinds: served, admit }] of Object.entries(kinds)) {
    app.post(`/admit/${plural}`, express.json({ limit: BODY_LIMIT }), async (request, response) => {
      const review = readReview(request.body, served);
      response.json(await answer(review, admit, log));
    });
  }
  app.use((_request, response) => void response.status(404).json({ error: "not found" }));
  app.use(refuse(log));
  return app;
}

/** A defect in Serin must not look like a yes, so Serin refuses the request and logs the reason. */
async function answer(review: AdmissionRequest, admit: Admit<never>, log: Log): Promise<object> {
  try {
    return writeReview(review, await admit(review as AdmissionRequest<never>));
  } catch (error) {
    const { kind, namespace, name, operation } = review;
    log.error({ err: error, kind: kind.kind, namespace, name, operation }, "admission failed");
    return writeReview(review, {
      allowed: false,
      message: `serin could not decide about this ${operation}: ${messageOf(error)}; try again`,
    });
  }
}

function refuse(log: Log): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  return (error, request, response, _next) => {
    const status = error instanceof BadReview ? 400 : statusOf(error);
    const message = status < 500 ? messageOf(error) : "internal error";
    const fields = { path: request.path, status, reason: message };
    if (status < 500) log.warn(fields, "request refused");
    else log.error({ ...fields, err: error }, "request failed");
    response.status(status).json({ error: message });
  };
}

/** body-parser's errors carry a status: 413 too large, 400 not JSON, 415 unknown encoding. */
function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}
