import type * as LiveKit from "../../frontend/node_modules/livekit-client/dist/src/index.d.ts";
import type { Access } from "./account.ts";
import type { Heard } from "./ears.ts";

/** How long nothing came from one of the others, at most, in milliseconds; and how much sound was made up meanwhile. */
export type Gap = { longest: number; concealed: number };
/** Failures that livekit-client plays by itself, or asks the voice server to play. */
export type Scenario =
  | "signal-reconnect"
  | "resume-reconnect"
  | "full-reconnect"
  | "leave-full-reconnect"
  | "disconnect-signal-on-resume";
export type JoinOptions = {
  /** What this client lets the others hear; without one it only listens. */
  tone?: number;
};

/** Who somebody is to the others, and how long `connect()` took, in milliseconds. */
export type Joined = { identity: string; connected: number };

export type Stock = {
  join(name: string, access: Access, options: JoinOptions): Promise<Joined>;
  /** Everybody else in the room. */
  others(name: string): string[];
  /** What happened to the connection, in order. */
  events(name: string): string[];
  forget(name: string): void;
  state(name: string): string;
  /** Listens for a while to everybody; by identity. */
  listen(name: string): Promise<Record<string, Heard>>;
  simulate(name: string, scenario: Scenario): Promise<void>;
  watch(name: string): void;
  gaps(name: string): Record<string, Gap>;
  /** From `connect()` to the first packet of anybody. */
  firstPacket(name: string): Promise<number>;
  /** How the audio travels, and a number that stays the same as long as the connection does. */
  transport(name: string): Promise<{ protocol: string; connection: number }>;
  setMuted(name: string, muted: boolean): Promise<void>;
  /** From here on the client does not do what the voice server says of its microphone. */
  ignoreMutes(name: string): void;
  /** How many packets of its microphone have gone out. */
  sent(name: string): Promise<number>;
  leave(name: string): Promise<void>;
};

/** Runs in a page: any number of clients there of an untouched livekit-client. */
export async function install(bundle: string): Promise<Stock> {
  const RATE = 48_000;
  const FFT_SIZE = 8192;
  const PACKET = 20;
  const livekit: typeof LiveKit = await import(bundle);
  const { Room, RoomEvent, LocalAudioTrack, Track } = livekit;
  livekit.setLogLevel("warn");
  const context = new AudioContext({ sampleRate: RATE });
  await context.resume();

  type Stats = RTCInboundRtpStreamStats & { lastPacketReceivedTimestamp?: number };
  type Last = { track: string; packets: number; at: number; concealed: number };
  type Client = {
    room: LiveKit.Room;
    events: string[];
    began: number;
    microphone?: LiveKit.LocalAudioTrack;
    watching: boolean;
    gaps: Record<string, Gap>;
  };
  const clients = new Map<string, Client>();
  const connections: RTCPeerConnection[] = [];
  const client = (name: string): Client => {
    const found = clients.get(name);
    if (!found) throw new Error(`nobody here is called ${name}`);
    return found;
  };

  /** A microphone that hears one tone, now louder and now softer: what never changes is silence to some codecs. */
  const sing = (tone: number): MediaStreamTrack => {
    const voice = new OscillatorNode(context, { frequency: tone });
    const loudness = new GainNode(context, { gain: 0.4 });
    const wave = new OscillatorNode(context, { frequency: 3 });
    const depth = new GainNode(context, { gain: 0.1 });
    const out = context.createMediaStreamDestination();
    wave.connect(depth).connect(loudness.gain);
    voice.connect(loudness).connect(out);
    voice.start();
    wave.start();
    return out.stream.getAudioTracks()[0];
  };

  const tracks = (room: LiveKit.Room): { identity: string; track: LiveKit.RemoteTrack }[] =>
    [...room.remoteParticipants.values()].flatMap((participant) =>
      [...participant.trackPublications.values()].flatMap((publication) =>
        publication.track ? [{ identity: participant.identity, track: publication.track as LiveKit.RemoteTrack }] : [],
      ),
    );

  const play = (track: LiveKit.RemoteTrack) => {
    if (track.attachedElements.length > 0) return;
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
  };

  const statsOf = async (track: LiveKit.RemoteTrack): Promise<Stats | undefined> => {
    const report = await track.receiver?.getStats();
    return [...(report?.values() ?? [])].find((stats) => stats.type === "inbound-rtp");
  };

  const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

  return {
    async join(name, access, { tone }) {
      const room = new Room({ publishDefaults: { dtx: false, red: true } });
      const joined: Client = { room, events: [], began: performance.now(), watching: false, gaps: {} };
      clients.set(name, joined);
      room.on(RoomEvent.TrackSubscribed, play);
      room.on(RoomEvent.TrackUnsubscribed, (track) => {
        for (const element of track.detach()) element.remove();
      });
      for (const event of [RoomEvent.SignalReconnecting, RoomEvent.Reconnecting, RoomEvent.Reconnected] as const) {
        room.on(event, () => joined.events.push(event));
      }
      room.on(RoomEvent.Disconnected, (reason) => {
        joined.events.push(`disconnected: ${reason === undefined ? "unknown" : livekit.DisconnectReason[reason]}`);
      });
      await room.connect(access.url, access.token);
      const connected = performance.now() - joined.began;
      if (tone !== undefined) {
        joined.microphone = new LocalAudioTrack(sing(tone), undefined, true, context);
        await room.localParticipant.publishTrack(joined.microphone, { source: Track.Source.Microphone });
      }
      return { identity: room.localParticipant.identity, connected };
    },
    others: (name) => [...client(name).room.remoteParticipants.keys()],
    events: (name) => client(name).events,
    forget: (name) => void client(name).events.splice(0),
    state: (name) => client(name).room.state,

    async listen(name) {
      const { room } = client(name);
      // In the two seconds after a full reconnect, livekit-client 2.23 forgets to tell of tracks.
      for (const { track } of tracks(room)) play(track);
      const ears = await Promise.all(
        tracks(room).map(async ({ identity, track }) => {
          const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
          const source = context.createMediaStreamSource(new MediaStream([track.mediaStreamTrack]));
          source.connect(analyser);
          const before = await statsOf(track);
          return { identity, track, analyser, source, before, loudest: -90, peak: null as number | null };
        }),
      );
      const spectrum = new Float32Array(FFT_SIZE / 2);
      for (const end = performance.now() + 600; performance.now() < end; ) {
        await pause(50);
        for (const ear of ears) {
          ear.analyser.getFloatFrequencyData(spectrum);
          const bin = spectrum.reduce((best, level, at) => (level > spectrum[best] ? at : best), 0);
          if (spectrum[bin] > ear.loudest) {
            ear.loudest = spectrum[bin];
            ear.peak = (bin * RATE) / FFT_SIZE;
          }
        }
      }
      const heard: Record<string, Heard> = {};
      for (const { identity, track, source, before, peak } of ears) {
        source.disconnect();
        const after = await statsOf(track);
        const grown = (what: "packetsReceived" | "totalAudioEnergy" | "totalSamplesDuration") =>
          (after?.[what] ?? 0) - (before?.[what] ?? 0);
        const seconds = grown("totalSamplesDuration");
        const packets = grown("packetsReceived");
        heard[identity] = { packets, power: seconds > 0 ? grown("totalAudioEnergy") / seconds : 0, peak };
      }
      return heard;
    },

    simulate: (name, scenario) => client(name).room.simulateScenario(scenario),

    watch(name) {
      const watched = client(name);
      watched.gaps = {};
      watched.watching = true;
      const lasts = new Map<string, Last>();
      const look = async () => {
        for (const { identity, track } of tracks(watched.room)) {
          const stats = await statsOf(track);
          const [packets, at] = [stats?.packetsReceived ?? 0, stats?.lastPacketReceivedTimestamp];
          if (!packets || at === undefined) continue;
          const concealed = (stats?.concealedSamples ?? 0) / (RATE / 1000);
          const last = lasts.get(identity);
          lasts.set(identity, { track: track.mediaStreamID, packets, at, concealed });
          if (!last || at === last.at) continue;
          const gap = (watched.gaps[identity] ??= { longest: 0, concealed: 0 });
          // Of what came since we looked last, all but one came one after the other.
          const same = last.track === track.mediaStreamID;
          const more = same ? packets - last.packets : packets;
          gap.longest = Math.max(gap.longest, at - last.at - PACKET * (more - 1));
          gap.concealed += same ? concealed - last.concealed : concealed;
        }
      };
      void (async () => {
        while (watched.watching) {
          await look().catch(() => undefined);
          await pause(20);
        }
      })();
    },
    gaps(name) {
      const watched = client(name);
      watched.watching = false;
      return watched.gaps;
    },

    async firstPacket(name) {
      const { room, began } = client(name);
      for (;;) {
        for (const { track } of tracks(room)) {
          const stats = await statsOf(track);
          const [packets, at] = [stats?.packetsReceived ?? 0, stats?.lastPacketReceivedTimestamp];
          if (packets && at !== undefined) return at - performance.timeOrigin - began - PACKET * (packets - 1);
        }
        await pause(10);
      }
    },

    async transport(name) {
      const { engine } = client(name).room;
      const connection = (engine.pcManager?.publisher as unknown as { pc: RTCPeerConnection } | undefined)?.pc;
      if (!connection) throw new Error("there is no connection");
      const stats = [...(await connection.getStats()).values()];
      const selected = stats.find(({ type }) => type === "transport")?.selectedCandidatePairId;
      const pair = stats.find(({ id }) => id === selected);
      const remote = stats.find(({ id }) => id === pair?.remoteCandidateId);
      if (!connections.includes(connection)) connections.push(connection);
      return { protocol: remote?.protocol ?? "none", connection: connections.indexOf(connection) };
    },

    async setMuted(name, muted) {
      const { microphone } = client(name);
      await (muted ? microphone?.mute() : microphone?.unmute());
    },
    ignoreMutes(name) {
      const { engine } = client(name).room;
      engine.removeAllListeners("remoteMute" as LiveKit.EngineEvent);
      // Nor does it say that it is open, as livekit-client does whenever it reads of itself that it is not.
      engine.client.sendMuteTrack = async () => undefined;
    },
    sent: async (name) => (await client(name).microphone?.getSenderStats())?.packetsSent ?? 0,
    leave: (name) => client(name).room.disconnect(),
  };
}
