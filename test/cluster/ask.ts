import { request } from "undici";

/** One request to a gateway. */
export interface Question {
  /** The Host header. */
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer; `version` and `pod` are "" if the gateway itself answered. */
export interface Reply {
  readonly status: number;
  readonly version: string;
  readonly pod: string;
  readonly text: string;
  /** Every `Set-Cookie` header, unparsed. */
  readonly cookies: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Sends one GET to a gateway (`url` without a path); any status is an answer. Throws if none comes. */
export async function ask(url: string, { host, path = "/", headers = {} }: Question): Promise<Reply> {
  const answer = await request(`${url}${path}`, { headers: { ...headers, host } });
  return {
    status: answer.statusCode,
    version: String(answer.headers["x-version"] ?? ""),
    pod: String(answer.headers["x-pod"] ?? ""),
    text: await answer.body.text(),
    cookies: [answer.headers["set-cookie"] ?? []].flat(),
    headers: answer.headers,
  };
}
