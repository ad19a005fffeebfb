import { writeFileSync } from "node:fs";

const RATE = 48_000;

/** A sound file of one pure tone, which Chromium plays in a loop as a person's microphone. */
export function writeTone(path: string, hertz: number): void {
  const samples = new Int16Array(RATE);
  for (let i = 0; i < samples.length; i++) {
    const second = i / RATE;
    // Short pauses: what never changes is noise to a browser, which takes it away.
    const loudness = second % 0.5 < 0.4 ? 0.5 : 0;
    samples[i] = Math.round(32_767 * loudness * Math.sin(2 * Math.PI * hertz * second));
  }
  writeFileSync(path, Buffer.concat([header(samples.byteLength), Buffer.from(samples.buffer)]));
}

/** WAV, one channel of 16 bits. */
function header(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}
