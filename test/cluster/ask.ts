import { request } from "undici";

/** What one request to a gateway asks for. */
export interface Question {
  /** The Host header. */
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer; version and pod are "" when the gateway itself gave it. */
export interface Reply {
  readonly status: number;
  readonly version: string;
  readonly pod: string;
  readonly text: string;
  /** Every `Set-Cookie` header, as it came. */
  readonly cookies: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Sends one GET to a gateway (`url` without a path); any status is an answer. Throws when there is none. */
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
