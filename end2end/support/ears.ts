import { type Page, expect } from "@playwright/test";
import type { Watched } from "./spy.ts";

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
const BIN = RATE / FFT_SIZE;

export const isLoud = ({ power }: Heard): boolean => power > 1e-6;
export const isTone = ({ packets, power, peak }: Heard, tone: number | undefined): boolean =>
  packets > 10 && power > 1e-4 && peak !== null && tone !== undefined && Math.abs(peak - tone) <= BIN;

/** Listens again and again, until what is heard is what a test claims. */
export async function listenUntil<T>(
  claim: string,
  listen: () => Promise<T>,
  holds: (heard: T) => boolean,
): Promise<void> {
  let heard: T | undefined;
  const check = async () => holds((heard = await listen()));
  await expect
    .poll(check, { message: claim, timeout: 20_000 })
    .toBe(true)
    .catch((error: Error) => {
      error.message += `\nLast heard: ${JSON.stringify(heard)}`;
      throw error;
    });
}

/** Listens for a moment to everything the page receives: one answer per remote track. */
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
        for (const end = performance.now() + 600; performance.now() < end; ) {
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
          const power = seconds ? grown("totalAudioEnergy") / seconds : 0;
          return [{ packets: grown("packetsReceived"), power, peak }];
        });
      } finally {
        await context.close();
      }
    },
    { rate: RATE, fftSize: FFT_SIZE },
  );
}
