import type { Request, Response } from "express";
import type { Clock } from "../kube/core/clock.ts";
import { instant } from "../rollout/text/instant.ts";
import type { ErrorAnswer, RolloutDetail } from "./api.ts";
import type { Board } from "./board.ts";
import type { ReadCharts } from "./chart-reader.ts";
import { endedRollouts } from "./ended.ts";
import type { EndedVersion } from "./lean-objects.ts";
import type { MayRead, Reader } from "./readers.ts";
import type { RolloutStreams } from "./streams.ts";

/** What the answers are made of. */
export interface AnswerOptions {
  readonly board: Pick<Board, "isComplete" | "listed" | "all">;
  readonly streams: Pick<RolloutStreams, "open" | "size">;
  readonly ended: () => readonly EndedVersion[];
  readonly detail: (key: string) => Promise<RolloutDetail | undefined>;
  readonly charts: ReadCharts;
  readonly mayRead: MayRead;
  /** What the operator calls the cluster. */
  readonly cluster?: string | undefined;
  readonly clock: Pick<Clock, "now">;
}

/** An answer to a reader who is known. */
export type Answer = Response<unknown, { readonly reader: Reader | undefined }>;

type Named = Request<Record<string, string>>;

/** The most streams that are open at once: each keeps a connection and a list of what it has shown. */
const MOST_STREAMS = 500;

/** `GET api/rollouts`. */
export function answerRollouts({ board, mayRead, cluster, clock }: AnswerOptions) {
  return async (request: Request, response: Answer): Promise<void> => {
    const { reader } = response.locals;
    const head = { at: instant(clock.now()), ...(cluster !== undefined && { cluster }) };
    if (request.query.all === "true") {
      const views = board.all();
      const readable = await mayRead(reader, [...new Set(views.map(({ metadata }) => metadata.namespace))]);
      response.json({ ...head, rollouts: views.filter(({ metadata }) => readable.has(metadata.namespace)) });
      return;
    }
    const views = [...board.listed().values()];
    const readable = await mayRead(reader, [...new Set(views.map(({ namespace }) => namespace))]);
    const texts = views.filter(({ namespace }) => readable.has(namespace)).map(({ text }) => text);
    response.type("json").send(`${JSON.stringify(head).slice(0, -1)},"rollouts":[${texts.join(",")}]}`);
  };
}

/** `GET api/ended`. */
export function answerEnded({ ended: versions, mayRead, clock }: AnswerOptions) {
  return async ({ query }: Request, response: Answer): Promise<void> => {
    const namespace = typeof query.namespace === "string" ? query.namespace : undefined;
    const found = versions();
    const namespaces = found.flatMap(({ past }) => past?.namespace ?? []);
    const wanted = namespace === undefined ? [...new Set(namespaces)] : [namespace];
    const readable = await mayRead(response.locals.reader, wanted);
    response.json({ at: instant(clock.now()), ended: endedRollouts(found, namespace, readable) });
  };
}

/** `GET api/stream`. */
export function answerStream({ streams }: AnswerOptions) {
  return (request: Request, response: Answer): void => {
    if (streams.size >= MOST_STREAMS) {
      answerProblem(response, 503, `${MOST_STREAMS} people look already: try again later`);
      return;
    }
    // A proxy that collects an answer before it passes it on would hold the stream for ever.
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.flushHeaders();
    response.once("close", streams.open(response.locals.reader, response));
  };
}

/** `GET api/rollouts/NS/NAME`. */
export function answerDetail(options: AnswerOptions) {
  return async ({ params }: Named, response: Answer): Promise<void> => {
    const key = await readableKey(options, params, response);
    if (key === undefined) return;
    const found = await options.detail(key);
    if (found === undefined) notThere(response, key);
    else response.json(found);
  };
}

/** `GET api/rollouts/NS/NAME/charts?revision=N`. */
export function answerCharts(options: AnswerOptions) {
  return async ({ params, query }: Named, response: Answer): Promise<void> => {
    const key = await readableKey(options, params, response);
    if (key === undefined) return;
    const { revision } = query;
    if (typeof revision !== "string" || !/^\d{1,9}$/.test(revision)) {
      answerProblem(response, 400, "charts need a revision: charts?revision=7");
      return;
    }
    const found = await options.charts(key, revision);
    if (found === undefined) notThere(response, `${key} with a record of revision ${revision}`);
    else response.json(found);
  };
}

/** The key of the Deployment if the reader may see it; answers 404 otherwise, as if there were none. */
async function readableKey(
  { mayRead }: AnswerOptions,
  { namespace, name }: Named["params"],
  response: Answer,
): Promise<string | undefined> {
  const key = `${namespace}/${name}`;
  const readable = await mayRead(response.locals.reader, [String(namespace)]);
  if (readable.has(String(namespace))) return key;
  notThere(response, key);
  return undefined;
}

function notThere(response: Response, what: string): void {
  answerProblem(response, 404, `no opted-in Deployment ${what}, or you may not see it`);
}

/** Answers with an error. */
export function answerProblem(response: Response, status: number, error: string): void {
  const body: ErrorAnswer = { error };
  response.status(status).json(body);
}
