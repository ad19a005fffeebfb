import { createCipheriv, createECDH, generateKeyPairSync, hkdfSync, randomBytes, sign } from "node:crypto";

/** What a browser answers to `subscribe`, as JSON. */
export type Subscription = { endpoint: string; keys: { p256dh: string; auth: string } };
export type How = { ttl?: number; urgency?: string; topic?: string };

/** Sends real pushes, as Paxora's server does: encrypted (RFC 8291) and signed (RFC 8292). */
export class PushSender {
  private readonly keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

  /** What browsers subscribe for: an uncompressed point, in base64url. */
  readonly key: string;

  constructor() {
    const { x, y } = this.keys.publicKey.export({ format: "jwk" });
    this.key = Buffer.concat([Buffer.of(4), bytes(x ?? ""), bytes(y ?? "")]).toString("base64url");
  }

  async send(to: Subscription, payload: object | string, { ttl = 30, urgency = "high", topic }: How = {}): Promise<Response> {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const headers = {
      ttl: String(ttl),
      urgency,
      ...(topic && { topic }),
      "content-encoding": "aes128gcm",
      "content-type": "application/octet-stream",
      authorization: `vapid t=${this.token(new URL(to.endpoint).origin)}, k=${this.key}`,
    };
    return fetch(to.endpoint, { method: "POST", headers, body: new Uint8Array(encrypt(text, to)) });
  }

  private token(aud: string): string {
    const claims = { aud, exp: Math.floor(Date.now() / 1000) + 3600, sub: "mailto:tests@parish.example" };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: this.keys.privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }
}

function encrypt(text: string, { keys }: Subscription): Buffer {
  const [theirs, auth, salt] = [bytes(keys.p256dh), bytes(keys.auth), randomBytes(16)];
  const ours = createECDH("prime256v1");
  const point = ours.generateKeys();
  const derive = (from: Buffer, salt: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync("sha256", from, salt, info, length));
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), theirs, point]);
  const secret = derive(ours.computeSecret(theirs), auth, info, 32);
  const key = derive(secret, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(secret, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  // One record, and the last one: its text ends with a 2.
  const record = [cipher.update(text, "utf8"), cipher.update(Buffer.of(2)), cipher.final(), cipher.getAuthTag()];
  const size = Buffer.alloc(4);
  size.writeUInt32BE(4096);
  return Buffer.concat([salt, size, Buffer.of(point.length), point, ...record]);
}

const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
