/** An OpenSSH key pair as text. */
export interface SshKeyPair {
  readonly privateKey: string;
  /** One line, as authorized_keys holds it. */
  readonly publicKey: string;
}

/**
 * Makes an ed25519 key pair. ssh2 1.17 cuts leading zero bytes off the public key, so that one pair in 180 cannot be
 * read (its issues 1390 and 1513); such a pair is thrown away.
 */
export async function generateSshKey(comment: string): Promise<SshKeyPair> {
  const { default: ssh2 } = await import('ssh2');
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const readable = [pair.private, pair.public].every((key) => !(ssh2.utils.parseKey(key) instanceof Error));
    if (readable) return { privateKey: pair.private, publicKey: pair.public };
  }
}
