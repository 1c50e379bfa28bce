import { isUtf8 } from 'node:buffer';

/**
 * Names of files may be any bytes. As text, a byte that is no UTF-8 is a lone surrogate, U+DC80 to U+DCFF, as in PEP 383:
 * such a text is cut and joined like any other, and turned into bytes where it leaves.
 */
const RAW = /[\uDC80-\uDCFF]/u;

/** Whether a text has bytes that no UTF-8 has. */
export function isRaw(text: string): boolean {
  return RAW.test(text);
}

/** Text of any bytes. */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find(
      (one) => at + one <= bytes.length && isUtf8(bytes.subarray(at, at + one)),
    );
    text +=
      length === undefined
        ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** The bytes of a text of {@link textOf}. */
export function bytesOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (one) => (isRaw(one) ? Buffer.from([one.charCodeAt(0) - 0xdc00]) : Buffer.from(one))),
  );
}

/** Names of files may hold what a terminal takes for orders, or cannot show. */
export function visible(text: string): string {
  return text.replace(
    /\p{Cc}|[\uDC80-\uDCFF]/gu,
    (one) => `\\x${(one.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  );
}
