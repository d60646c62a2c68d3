import type { Socket } from "node:net";
import type { ErrorRequestHandler, Express, RequestHandler, Response } from "express";
import express from "express";
import { readPath } from "../certs/paths.ts";
import { ApiError } from "../kube/client/errors.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { Log } from "../kube/core/log.ts";
import { parseDuration } from "../rollout/text/duration.ts";
import { bodyLength, readBodies } from "./bodies.ts";
import { Busy } from "./busy.ts";
import { type AdmissionRequest, BadReview, type ReviewResponse, readReview, writeReview } from "./review.ts";

/** Decides about requests of one kind. */
export type Admit<T> = (request: AdmissionRequest<T>) => Promise<ReviewResponse>;

/** The options of the server. */
export interface ServerOptions {
  /** The last part of the path → what is served there. */
  readonly kinds: Readonly<Record<string, Entry>>;
  /** Whether a request with this token in its path may come from the API server (Accepted.accepts). */
  readonly accepts: (token: string) => Promise<boolean>;
  /** Called with the connection of each request that comes from the API server; absent: nobody is told. */
  readonly onTrusted?: (socket: Socket) => void;
  /** Whether the API server reaches this server. */
  readonly ready: () => boolean;
  readonly log: Log;
}

interface Entry {
  readonly kinds: readonly string[];
  readonly admit: Admit<never>;
  /** Whether the API server goes on without an answer (failurePolicy Ignore); absent: it refuses the request. */
  readonly isDispensable?: boolean;
}

interface Locals {
  readonly plural: string;
}

/** The HTTP application: `POST /admit/<token>/<plural>`, `GET /healthz`, `GET /readyz`. */
export function admissionApp({ kinds, accepts, onTrusted, ready, log }: ServerOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/healthz", (_request, response) => void response.send("ok"));
  app.get(
    "/readyz",
    (_request, response) => void response.status(ready() ? 200 : 503).send(ready() ? "ok" : "not ready"),
  );
  app.use(authenticate(Object.keys(kinds), { accepts, log, ...(onTrusted && { onTrusted }) }));
  app.use(readBodies());
  app.use(async (request, response: Response<object, Locals>) => {
    const entry = kinds[response.locals.plural];
    if (entry === undefined) throw new Error(`no kinds for ${response.locals.plural}`);
    const { timeout } = request.query;
    const review = {
      ...readReview(request.body, entry.kinds),
      length: bodyLength(request.headers),
      timeoutMs: typeof timeout === "string" ? parseDuration(timeout) : undefined,
    };
    response.json(await answer(review, entry, log));
  });
  app.use(refuse(log));
  return app;
}

/**
 * Lets only requests of the API server pass. Every other request gets 404 before Serin reads its body, and loses its
 * connection. Serin logs these at debug only, because every pod of the cluster can send them.
 */
function authenticate(
  plurals: readonly string[],
  { accepts, onTrusted, log }: Pick<ServerOptions, "accepts" | "onTrusted" | "log">,
): RequestHandler<object, object, unknown, object, Locals> {
  const find = async ({ method, path }: { readonly method: string; readonly path: string }) => {
    const found = method === "POST" ? readPath(path) : undefined;
    if (found === undefined || !plurals.includes(found.plural)) return undefined;
    try {
      return (await accepts(found.token)) ? found.plural : undefined;
    } catch (error) {
      log.debug({ err: error }, "cannot read the webhook configuration for an unknown path");
      return undefined;
    }
  };
  return async (request, response, next) => {
    const plural = await find(request);
    if (plural !== undefined) {
      response.locals = { plural };
      onTrusted?.(request.socket);
      return next();
    }
    log.debug({ from: request.socket.remoteAddress }, "unknown path");
    response.setHeader("connection", "close").status(404).json({ error: "not found" });
  };
}

/** The longest time (s) after which a client should come again: it waits silently. */
const LATEST_SECONDS = 10;

/**
 * A defect in Serin must not look like a yes, so Serin refuses the request and logs the reason. Where the API server goes on
 * without an answer, Serin gives none.
 */
async function answer(review: AdmissionRequest, { admit, isDispensable }: Entry, log: Log): Promise<object> {
  try {
    return writeReview(review, await admit(review as AdmissionRequest<never>));
  } catch (error) {
    const { kind, namespace, name, operation } = review;
    const fields = { kind: kind.kind, namespace, name, operation };
    if (isDispensable) throw error;
    if (error instanceof Busy) {
      log.warn(fields, "too many updates at once");
      const { message, retryAfterSeconds } = error;
      return writeReview(review, { allowed: false, message: `${message}; try again`, retryAfterSeconds });
    }
    log.error({ err: error, ...fields }, "admission failed");
    const waitMs = retryAfterMs(error);
    return writeReview(review, {
      allowed: false,
      message: `serin could not decide about this ${operation}: ${messageOf(error)}; try again`,
      ...(waitMs !== undefined && { retryAfterSeconds: Math.min(LATEST_SECONDS, Math.ceil(waitMs / 1_000)) }),
    });
  }
}

/** How long (ms) the API server asks Serin to wait. The error of a write that names its object has the answer as its cause. */
function retryAfterMs(error: unknown): number | undefined {
  if (error instanceof ApiError) return error.retryAfterMs;
  return error instanceof Error ? retryAfterMs(error.cause) : undefined;
}

function refuse(log: Log): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  return (error, _request, response, _next) => {
    const status = error instanceof BadReview ? 400 : statusOf(error);
    const message = status < 500 ? messageOf(error) : "internal error";
    // The path holds the token, which must not get into a log.
    const fields = { plural: response.locals.plural, status, reason: message };
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
