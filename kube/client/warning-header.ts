/**
 * The sentences of `Warning:` headers (RFC 7234, 5.5): `299 - "text"`, of which one header may hold several.
 * The API server escapes quotes and backslashes of a text, and writes it in UTF-8, whose bytes HTTP clients read as Latin-1.
 */
export function headerWarnings(header: string | readonly string[] | undefined): readonly string[] {
  const headers = typeof header === "string" ? [header] : (header ?? []);
  return headers.flatMap((one) =>
    [...one.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
      Buffer.from(text.replaceAll(/\\(.)/g, "$1"), "latin1").toString(),
    ),
  );
}
