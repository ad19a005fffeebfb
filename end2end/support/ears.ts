import type { Page } from "@playwright/test";

/** What came out of one remote track while we listened. */
export type Heard = {
  packets: number;
  /** Mean power of the samples, 0 to 1. */
  power: number;
  /** Where the loudest moment had its peak; null when all was silent. */
  peak: number | null;
};

const RATE = 48_000;
const FFT_SIZE = 8192;
/** As exact as a peak can be. */
export const BIN = RATE / FFT_SIZE;

type Watched = { connections: RTCPeerConnection[]; microphones: MediaStreamTrack[] };

/** Lets a test see the connections and the microphones that the page opens. The page knows nothing of it. */
export async function watchConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    Object.assign(window, { connections });
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
    const microphones: MediaStreamTrack[] = [];
    Object.assign(window, { microphones });
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      microphones.push(...stream.getAudioTracks());
      return stream;
    };
  });
}

/** How often the page opened a microphone, and how many of those are open still. */
export async function microphones(page: Page): Promise<{ opened: number; open: number }> {
  return page.evaluate(() => {
    const { microphones } = window as unknown as Watched;
    return { opened: microphones.length, open: microphones.filter((track) => track.readyState === "live").length };
  });
}

/** Listens for a second to everything the page receives: one answer per remote track. */
export async function listen(page: Page): Promise<Heard[]> {
  return page.evaluate(
    async ({ rate, fftSize }) => {
      const { connections } = window as unknown as Watched;
      const context = new AudioContext({ sampleRate: rate });
      const inbound = async () => {
        const found = new Map<string, { stats: RTCInboundRtpStreamStats; track: MediaStreamTrack }>();
        for (const connection of connections) {
          if (connection.connectionState === "closed") continue;
          for (const stats of (await connection.getStats()).values()) {
            if (stats.type !== "inbound-rtp" || stats.kind !== "audio") continue;
            const track = connection.getReceivers().find(({ track }) => track.id === stats.trackIdentifier)?.track;
            if (track?.readyState === "live") found.set(track.id, { stats, track });
          }
        }
        return found;
      };
      try {
        await context.resume();
        const before = await inbound();
        const ears = [...before].map(([id, { track }]) => {
          const analyser = new AnalyserNode(context, { fftSize, smoothingTimeConstant: 0 });
          context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
          return { id, analyser, loudest: -90, peak: null as number | null };
        });
        const spectrum = new Float32Array(fftSize / 2);
        for (const end = performance.now() + 1000; performance.now() < end; ) {
          await new Promise((resume) => setTimeout(resume, 40));
          for (const ear of ears) {
            ear.analyser.getFloatFrequencyData(spectrum);
            const bin = spectrum.reduce((best, level, at) => (level > spectrum[best] ? at : best), 0);
            if (spectrum[bin] > ear.loudest) {
              ear.loudest = spectrum[bin];
              ear.peak = (bin * rate) / fftSize;
            }
          }
        }
        const after = await inbound();
        return ears.flatMap(({ id, peak }) => {
          const [from, to] = [before.get(id)?.stats, after.get(id)?.stats];
          if (!from || !to) return [];
          const grown = (name: "packetsReceived" | "totalAudioEnergy" | "totalSamplesDuration") =>
            (to[name] ?? 0) - (from[name] ?? 0);
          const seconds = grown("totalSamplesDuration");
          return [{ packets: grown("packetsReceived"), power: seconds ? grown("totalAudioEnergy") / seconds : 0, peak }];
        });
      } finally {
        await context.close();
      }
    },
    { rate: RATE, fftSize: FFT_SIZE },
  );
}
