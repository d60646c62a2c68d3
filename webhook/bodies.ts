import { json, type RequestHandler } from "express";
import pLimit from "p-limit";

/** etcd refuses objects above 1.5 MB, and a review holds two objects. */
const LONGEST = 4 * 1024 * 1024;
/** A body of at most so many bytes is read at once, as almost all are. */
const SHORT = 128 * 1024;
/** How many longer ones are read at once. The rest waits at the API server, where it needs no memory of Serin. */
const LONG_AT_ONCE = 2;

/**
 * Reads the bodies of requests as JSON. A tenant can let the API server send some hundred reviews of several MB at once, which
 * would need more memory than Serin has. The others' short ones do not wait for them.
 */
export function readBodies(): RequestHandler<object, object, unknown, object> {
  const read = json({ limit: LONGEST });
  const limit = pLimit(LONG_AT_ONCE);
  return (request, response, next) => {
    const length = bodyLength(request.headers);
    if (length <= SHORT) return read(request, response, next);
    void limit(
      () =>
        new Promise<void>((resolve) => {
          // The API server no longer waits, so no body comes.
          if (request.destroyed) return resolve();
          read(request, response, (error?: unknown) => {
            resolve();
            next(error);
          });
        }),
    );
  };
}

/** The length of a body in bytes, as its sender says; without that, the longest possible. */
export function bodyLength(headers: { readonly "content-length"?: string | undefined }): number {
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) ? length : LONGEST;
}
