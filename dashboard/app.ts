import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import express from "express";
import { ApiError, ConnectionError, isForbidden } from "../kube/client/errors.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { Log } from "../kube/core/log.ts";
import {
  type Answer,
  type AnswerOptions,
  answerCharts,
  answerDetail,
  answerEnded,
  answerProblem,
  answerRollouts,
  answerStream,
} from "./answers.ts";
import type { Asset } from "./assets.ts";
import type { AskedBy, Identified } from "./readers.ts";
import { type PageSafetyOptions, safety } from "./safety.ts";

/** What the paths answer from. */
export interface AppOptions extends AnswerOptions, PageSafetyOptions {
  readonly identify: (asked: AskedBy) => Identified;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly log: Log;
  /** Called after each answer with its path without names: `api/rollouts/namespace/name`. */
  readonly onAnswer?: (path: string, status: number) => void;
}

type Handler = (request: Request<Record<string, string>>, response: Answer) => unknown;

/** The HTTP application: the page, what it reads (api.ts), and the probes. Everything is GET or HEAD. */
export function dashboardApp(options: AppOptions): Express {
  const { board, assets, onAnswer } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(safety(options));
  const get = (path: string, handler: Handler) =>
    app.get(path, (request: Request<Record<string, string>>, response: Answer) => {
      const name = path.replaceAll(":", "").slice(1);
      response.once("finish", () => onAnswer?.(name, response.statusCode));
      return handler(request, response);
    });
  get("/healthz", (_request, response) => void response.send("ok"));
  get("/readyz", (_request, response) => {
    response.status(board.isComplete ? 200 : 503).send(board.isComplete ? "ok" : "not ready");
  });
  for (const [path, asset] of assets) get(path, (request, response) => sendAsset(asset, request, response));
  app.use("/api", identification(options));
  get("/api/rollouts", answerRollouts(options));
  get("/api/ended", answerEnded(options));
  get("/api/stream", answerStream(options));
  get("/api/rollouts/:namespace/:name", answerDetail(options));
  get("/api/rollouts/:namespace/:name/charts", answerCharts(options));
  app.use((_request, response) => void answerProblem(response, 404, "not found"));
  app.use(failure(options.log));
  return app;
}

function sendAsset({ type, body, etag }: Asset, request: Request, response: Response): void {
  response.setHeader("etag", etag);
  response.setHeader("cache-control", "no-cache");
  if (request.headers["if-none-match"]?.split(/\s*,\s*/).includes(etag)) response.status(304).end();
  else response.setHeader("content-type", type).send(body);
}

/** Lets only known readers pass, and only when there is something to read. */
function identification({ identify, board }: AppOptions): RequestHandler {
  return (request, response, next) => {
    response.setHeader("cache-control", "no-store");
    const found: Identified = identify({
      address: request.socket.remoteAddress ?? "",
      headers: request.headers,
    });
    if ("error" in found) return void answerProblem(response, found.status, found.error);
    if (!board.isComplete)
      return void answerProblem(response, 503, "the dashboard has not read all objects yet");
    response.locals = { reader: found.reader };
    next();
  };
}

function failure(log: Log): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  return (error, request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    if (isBadRequest(error)) return void answerProblem(response, 400, messageOf(error));
    const isOfApiServer = error instanceof ApiError || error instanceof ConnectionError;
    log[isOfApiServer ? "warn" : "error"]({ err: error, path: request.path }, "answer failed");
    const what = isForbidden(error) ? "refuses" : "does not answer";
    if (isOfApiServer) answerProblem(response, 503, `the API server ${what}: ${messageOf(error)}`);
    else answerProblem(response, 500, "internal error");
  };
}

/** Express throws an error with a status for a path that is not valid. */
function isBadRequest(error: unknown): boolean {
  return typeof error === "object" && error !== null && "status" in error && error.status === 400;
}
