/** Last words of names whose value is a secret; what stands before them does not matter (`DB_PASSWORD`). */
const SECRET =
  '(?:password|passwd|passphrase|secret|token|credential|client-key-data|(?:api|access|private|certificate)[_-]?key)';
/** Between name and value. The backslashes are those of JSON inside of JSON. */
const IS = String.raw`\\*["']?[ \t]*[=:][ \t]*`;
/** Base64 of `-----BEGIN PRIVATE KEY`, the same with RSA, with EC and with OPENSSH. */
const BASE64_KEY = '(?:BQUklWQVRFIE|BSU0EgUFJJVkFURS|BFQyBQUklWQVRFI|BPUEVOU1NIIFBSSVZBVEUg)';

const PATTERNS: readonly [RegExp, string][] = [
  // A log may end, or have other words, within a key: up to its end when that is near, else as far as it is base64.
  [
    /-----BEGIN ([A-Z ]*PRIVATE KEY)-----(?! \(masked)(?:[\s\S]{0,10000}?-----END \1-----|(?:[A-Za-z0-9+/=\s]|\\[nr])*)/g,
    '-----BEGIN $1----- (masked)',
  ],
  [new RegExp(`LS0tLS1CRUdJTi${BASE64_KEY}[A-Za-z0-9+/=]*`, 'g'), '(masked key)'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, '(masked token)'],
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '(masked bootstrap token)'],
  [/((?:proxy-)?authorization\\*["']?:\s*\\*["']?\w+\s+)[^\s"'\\]+/gi, '$1(masked)'],
  [
    new RegExp(String.raw`(${SECRET}${IS})(\\*["'])(?!\(masked)(?:(?!\2).){1,4096}\2`, 'gi'),
    '$1$2(masked)$2',
  ],
  [new RegExp(String.raw`(${SECRET}${IS})(?!\\*["']|\(masked)[^\s"'\\}]{3,}`, 'gi'), '$1(masked)'],
  [new RegExp(String.raw`(--[\w-]{0,40}${SECRET}[ \t]+)(?!-|\(masked)\S{3,}`, 'gi'), '$1(masked)'],
  // An entry of a docker configuration, and an environment variable in an object of Kubernetes.
  [/("auth"\s*:\s*")[^"]+/g, '$1(masked)'],
  [new RegExp(String.raw`("name":\s*"[^"]{0,80}${SECRET}",\s*"value":\s*")[^"]+`, 'gi'), '$1(masked)'],
  [/(\w+:\/\/[^\s:/@]+:)[^\s@/]+@/g, '$1(masked)@'],
];

/** The text with everything masked that looks like a key, a token or a password. Used for all logs and evidence. */
export function redact(text: string): string {
  return PATTERNS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
