const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LONGEST_SUBDOMAIN = 253;

/** Whether Kubernetes accepts it as the name of a Service or a namespace (RFC 1123). */
export function isDnsLabel(text: string): boolean {
  return LABEL.test(text);
}

/** Whether Kubernetes accepts it as the name of most other objects: labels with dots between. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= LONGEST_SUBDOMAIN && text.split(".").every(isDnsLabel);
}
