import { createCipheriv, createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";

/** What a browser tells a server, so that nobody between the two can read a push; in base64url. */
export type Keys = { p256dh: string; auth: string };

export const bytes = (text: string): Buffer => Buffer.from(text, "base64url");

/** Encrypts a push (RFC 8291): what a server does. */
export function encrypt(text: string, keys: Keys): Buffer {
  const [theirs, auth, salt] = [bytes(keys.p256dh), bytes(keys.auth), randomBytes(16)];
  const ours = createECDH("prime256v1");
  const point = ours.generateKeys();
  const { key, nonce } = agree(ours.computeSecret(theirs), auth, salt, theirs, point);
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  // One record, and the last one: its text ends with a 2.
  const record = [cipher.update(text, "utf8"), cipher.update(Buffer.of(2)), cipher.final(), cipher.getAuthTag()];
  const size = Buffer.alloc(4);
  size.writeUInt32BE(4096);
  return Buffer.concat([salt, size, Buffer.of(point.length), point, ...record]);
}

/** Reads what was encrypted for it: what a browser does. */
export class Reader {
  private readonly pair = createECDH("prime256v1");
  private readonly auth = randomBytes(16);
  readonly keys: Keys = {
    p256dh: this.pair.generateKeys("base64url"),
    auth: this.auth.toString("base64url"),
  };

  /** Throws if it is for somebody else, or not well-formed. */
  read(body: Buffer): string {
    const [salt, length] = [body.subarray(0, 16), body[20]];
    const theirs = body.subarray(21, 21 + length);
    const record = body.subarray(21 + length);
    const secret = this.pair.computeSecret(theirs);
    const { key, nonce } = agree(secret, this.auth, salt, bytes(this.keys.p256dh), theirs);
    const decipher = createDecipheriv("aes-128-gcm", key, nonce);
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.findLastIndex((byte) => byte !== 0);
    if (padded[end] !== 2) throw new Error("the only record is not marked as the last one");
    return padded.subarray(0, end).toString("utf8");
  }
}

/** The keys of one message, from what the two share and the points of the browser and of the server. */
function agree(secret: Buffer, auth: Buffer, salt: Buffer, browser: Buffer, server: Buffer): { key: Buffer; nonce: Buffer } {
  const derive = (from: Buffer, salt: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync("sha256", from, salt, info, length));
  const shared = derive(secret, auth, Buffer.concat([Buffer.from("WebPush: info\0"), browser, server]), 32);
  return {
    key: derive(shared, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16),
    nonce: derive(shared, salt, Buffer.from("Content-Encoding: nonce\0"), 12),
  };
}
