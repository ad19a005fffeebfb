import { generateKeyPairSync, sign } from "node:crypto";
import { type Keys, bytes, encrypt } from "./push-crypto.ts";

/** What a browser answers to `subscribe`, as JSON. */
export type Subscription = { endpoint: string; keys: Keys };
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
    return fetch(to.endpoint, { method: "POST", headers, body: new Uint8Array(encrypt(text, to.keys)) });
  }

  private token(aud: string): string {
    const claims = { aud, exp: Math.floor(Date.now() / 1000) + 3600, sub: "mailto:tests@parish.example" };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: this.keys.privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }
}
