import type { RequestHandler } from "express";

/** What protects readers from other pages. */
export interface PageSafetyOptions {
  /** The pages that may show the dashboard in a frame, as the directive frame-ancestors takes them; absent: none. */
  readonly frameAncestors?: string | undefined;
  /** The only names under which the server answers; absent: any, because a proxy checks the name. */
  readonly hosts?: ReadonlySet<string>;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
];

/**
 * The page runs its own files only, no other page may show it in a frame, and no URL leaves it. A server on a person's own
 * machine answers to its own name only: else a page from the Internet could point its name at 127.0.0.1 and read along.
 */
export function safety({ frameAncestors = "'none'", hosts }: PageSafetyOptions): RequestHandler {
  const policy = [...POLICY, `frame-ancestors ${frameAncestors}`].join("; ");
  return (request, response, next) => {
    response.setHeader("content-security-policy", policy);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("cross-origin-resource-policy", "same-origin");
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    if (hosts !== undefined && !hosts.has(host)) {
      response.status(403).json({ error: `this dashboard answers at ${[...hosts].join(" and ")} only` });
      return;
    }
    if (request.method === "GET" || request.method === "HEAD") return next();
    response.setHeader("allow", "GET, HEAD");
    response.status(405).json({ error: "the dashboard only shows: use GET" });
  };
}
