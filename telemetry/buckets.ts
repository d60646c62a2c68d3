/** The bounds (s) of requests and decisions: from a decision without a request to the longest wait for an answer. */
export const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 30];
