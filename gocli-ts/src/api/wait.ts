/** Milliseconds that each wait may take when the request does not say: nothing that works takes as long. */
export const WAIT_MS = 600_000;
