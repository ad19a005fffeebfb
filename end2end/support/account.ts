import { createECDH, randomBytes, randomInt, randomUUID } from "node:crypto";
import { type APIRequestContext, request } from "@playwright/test";
import { note } from "./canaries.ts";
import type { Channel, DemoPerson, Paxora } from "./paxora.ts";

/** A way into the audio of one call. */
export type Access = { url: string; token: string };
export type Call = {
  id: string;
  participants: { member: string; status: string; epoch: number }[];
};
type Seat = { call: Call; access: Access };

/** Of everybody who comes by an invite. */
export const PASSWORD = "correct horse battery staple";

/** One tap, like no other. */
const tap = () => ({ nonce: randomUUID(), switch: false });

/** Somebody who is signed in and speaks with the server as a page does, but has no page. */
export class Account {
  private constructor(
    readonly name: string,
    readonly member: string,
    private readonly api: APIRequestContext,
    private readonly origin: string,
  ) {}

  static async signIn(paxora: Paxora, who: DemoPerson): Promise<Account> {
    const api = await request.newContext({ baseURL: paxora.origin() });
    await form(api, "/api/sign_in_by_link", { token: linkToken(who) });
    return new Account(who.name, who.member, api, paxora.origin());
  }

  /** Somebody new, who comes by an invite. */
  static async signUp(paxora: Paxora, name: string): Promise<Account> {
    // From a network of their own, where the server believes what is said of it: see `CROWDED`.
    const from = `10.0.${randomInt(256)}.${randomInt(256)}`;
    const api = await request.newContext({ baseURL: paxora.origin(), extraHTTPHeaders: { "X-Forwarded-For": from } });
    const login = loginOf(name);
    await form(api, "/api/sign_up", { invite: await paxora.invite(), name, login, password: PASSWORD });
    const { me } = await ask<{ me: { id: string } }>(api, "/api/community", {});
    return new Account(name, me.id, api, paxora.origin());
  }

  /** Writes into a channel. */
  async write(channel: Channel, body: string): Promise<void> {
    await ask(this.api, `${this.origin}/api/post_message`, { channel: channel.id, body });
  }

  async startCall(channel: Channel, ...targets: { member: string }[]): Promise<Seat> {
    const members = targets.map(({ member }) => member);
    return this.seat("/api/voice/initiate_call", { channel: channel.id, targets: members, tap: tap() });
  }

  async gather(channel: Channel): Promise<Seat> {
    return this.seat("/api/voice/gather_call", { channel: channel.id, tap: tap() });
  }

  /** Shows the others of a call something. */
  async show(call: Call, sign: object): Promise<void> {
    await ask(this.api, "/api/voice/show_sign", { call: call.id, sign, nonce: randomUUID() });
  }

  /** Does what only somebody who leads may. */
  async lead(call: Call, act: "mute_others" | { mute: string } | { put_out: string }): Promise<void> {
    await ask(this.api, "/api/voice/lead_call", { call: call.id, act, nonce: randomUUID() });
  }

  async answer(call: Call): Promise<Seat> {
    return this.seat("/api/voice/answer_call", { call: call.id, tap: tap() });
  }

  /** Rings more people into a call. */
  async add(call: Call, ...members: { member: string }[]): Promise<void> {
    const added = { call: call.id, members: members.map(({ member }) => member), nonce: randomUUID() };
    await ask(this.api, "/api/voice/add_participants", added);
  }

  async hangUp(call: Call): Promise<void> {
    await ask(this.api, "/api/voice/end_call", { call: call.id, nonce: randomUUID() });
  }

  /** The way in for the same connection once more. */
  async access(call: Call): Promise<Access> {
    const answer = await this.api.get(`/api/voice/token?callId=${call.id}`);
    if (!answer.ok()) throw new Error(`no token: ${answer.status()} ${await answer.text()}`);
    return this.reach(await answer.json());
  }

  private async seat(url: string, body: object): Promise<Seat> {
    const { call, access } = await ask<Seat>(this.api, url, body);
    return { call, access: this.reach(access) };
  }

  /** The embedded voice server is a path at the address of the page. */
  private reach({ url, token }: Access): Access {
    return { url: new URL(url, this.origin).href, token };
  }

  /** Is reached by push from now on, at this endpoint, with keys as a browser makes them. */
  async subscribe(endpoint: string): Promise<void> {
    const { key } = await (await this.api.get("/api/push/key")).json();
    const p256dh = createECDH("prime256v1").generateKeys("base64url");
    const keys = { p256dh, auth: randomBytes(16).toString("base64url") };
    note({ endpoint, keys });
    const answer = await this.api.post("/api/push/subscription", { data: { endpoint, keys, key } });
    if (!answer.ok()) throw new Error(`not subscribed: ${answer.status()} ${await answer.text()}`);
  }

  /** The calls that ring for this person, by their ids. */
  async ringing(parish: string): Promise<string[]> {
    const answer = await this.api.get(`/api/voice/active?parishId=${parish}`);
    if (!answer.ok()) throw new Error(`nobody knows what rings: ${answer.status()} ${await answer.text()}`);
    const { call, more } = (await answer.json()) as { call: { id: string } | null; more: { id: string }[] };
    return [...(call ? [call] : []), ...more].map(({ id }) => id);
  }

  /** Who is in a live call, and by which of their connections: nobody when it is over. */
  async connected(call: Call): Promise<string[]> {
    const { calls } = await ask<{ calls: Call[] }>(this.api, "/api/live", {});
    const participants = calls.find(({ id }) => id === call.id)?.participants ?? [];
    const connected = participants.filter(({ status }) => status === "connected");
    return connected.map(({ member, epoch }) => `${member}:${epoch}`).sort();
  }

  async isOver(call: Call): Promise<boolean> {
    const { calls } = await ask<{ calls: Call[] }>(this.api, "/api/live", {});
    return calls.every(({ id }) => id !== call.id);
  }

  async dispose(): Promise<void> {
    await this.api.dispose();
  }
}

/** What signs somebody in who came by an invite: an e-mail address, which no log may have. */
export const loginOf = (name: string): string => `${name.toLowerCase().replaceAll(" ", ".")}@parish.example`;

/** The secret of somebody's one-time link. */
export const linkToken = (who: DemoPerson): string => new URL(who.link).searchParams.get("token") ?? "";

export async function form(api: APIRequestContext, url: string, fields: Record<string, string>): Promise<void> {
  note(fields);
  const answer = await api.post(url, { form: fields, maxRedirects: 0 });
  if (answer.status() >= 400) throw new Error(`${url}: ${answer.status()} ${await answer.text()}`);
}

async function ask<T>(api: APIRequestContext, url: string, body: object): Promise<T> {
  note(body);
  const answer = await api.post(url, { data: body });
  if (!answer.ok()) throw new Error(`${url}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}
