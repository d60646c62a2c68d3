/** In place of a token: the path without one, `/admit/<plural>`, which deploy/webhook.yaml and older versions use. */
export const PLAIN = "";

/** The parts of a path under which the webhook answers. */
export interface AdmitPath {
  /** PLAIN if the path has no token. */
  readonly token: string;
  readonly plural: string;
}

/** Whether the text has the form of a token: 32 bytes in hexadecimal. */
export function isToken(text: unknown): text is string {
  return typeof text === "string" && /^[\da-f]{64}$/.test(text);
}

/** Reads `/admit/<plural>` or `/admit/<token>/<plural>`; undefined for every other path. */
export function readPath(path: string | undefined): AdmitPath | undefined {
  const [, token = PLAIN, plural] = /^\/admit\/(?:([\da-f]{64})\/)?([a-z]+)$/.exec(path ?? "") ?? [];
  return plural === undefined ? undefined : { token, plural };
}

/** The path with this token. */
export function admitPath({ token, plural }: AdmitPath): string {
  return token === PLAIN ? `/admit/${plural}` : `/admit/${token}/${plural}`;
}
