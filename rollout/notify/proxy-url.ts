/** Whether it is the URL of an HTTP proxy, which may have credentials of a form that a header can have. */
export function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  // undici sends no password without a user, and throws at a % that begins no character's code.
  const isWhole = username !== "" || password === "";
  return /^https?:$/.test(protocol) && isWhole && isDecodable(`${username}:${password}`);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
