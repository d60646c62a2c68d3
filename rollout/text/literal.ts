/** The regular expression (RE2 and JavaScript) that matches this text and no other. */
export function literal(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
