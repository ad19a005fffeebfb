import type { Page } from "@playwright/test";

/** What becomes of a page that asks for the microphone. */
export type Answer =
  /** As browsers refuse it: by the name of the error. */
  | "NotAllowedError"
  | "NotFoundError"
  | "NotReadableError"
  /** It opens, and gives nothing. */
  | "silence"
  /** It opens, and hears a voice. */
  | "voice";

type StandIn = { answer: Answer; asked: number; say: (loud: boolean) => void; take: () => void; giveBack: () => void };

/** Runs in a page before anything else does: a microphone that does what the test says, and a voice of this tone. */
export function standIn(tone: number): void {
  let context: AudioContext | undefined;
  let gain: GainNode | undefined;
  let track: MediaStreamTrack | undefined;
  let taken = false;
  const microphone: StandIn = {
    answer: "voice",
    asked: 0,
    say: (loud) => gain?.gain.setValueAtTime(loud ? 0.5 : 0, 0),
    take: () => {
      microphone.say(false);
      taken = true;
      track?.dispatchEvent(new Event("mute"));
    },
    // As after a phone call: the browser says that it is back, and nothing comes from it any more.
    giveBack: () => {
      taken = false;
      track?.dispatchEvent(new Event("unmute"));
    },
  };
  Object.assign(window, { microphone });
  navigator.mediaDevices.getUserMedia = async () => {
    microphone.asked++;
    const { answer } = microphone;
    if (answer !== "silence" && answer !== "voice") throw new DOMException("as the test says", answer);
    context ??= new AudioContext();
    await context.resume();
    const voice = new OscillatorNode(context, { frequency: tone });
    // Never the same for long: what never changes is noise, which is taken away.
    const swell = new GainNode(context, { gain: 0.7 });
    const wave = new OscillatorNode(context, { frequency: 3 });
    wave.connect(new GainNode(context, { gain: 0.2 })).connect(swell.gain);
    gain = new GainNode(context, { gain: answer === "voice" ? 0.5 : 0 });
    const out = context.createMediaStreamDestination();
    voice.connect(swell).connect(gain).connect(out);
    voice.start();
    wave.start();
    track = out.stream.getAudioTracks()[0];
    Object.defineProperty(track, "muted", { get: () => taken });
    return out.stream;
  };
}

/** The microphone of a page that has a stand-in. */
export class Microphone {
  constructor(private readonly page: Page) {}

  /** What the page gets when it asks the next time. */
  answers(answer: Answer): Promise<void> {
    return this.page.evaluate((answer) => void ((window as unknown as { microphone: StandIn }).microphone.answer = answer), answer);
  }

  /** How often the page has asked. */
  asked(): Promise<number> {
    return this.page.evaluate(() => (window as unknown as { microphone: StandIn }).microphone.asked);
  }

  /** Whoever is at it speaks, or stops. */
  hears(voice: boolean): Promise<void> {
    return this.page.evaluate((voice) => (window as unknown as { microphone: StandIn }).microphone.say(voice), voice);
  }

  /** The system takes it away, as it does for a phone call. */
  isTaken(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as { microphone: StandIn }).microphone.take());
  }

  /** The system says that it is back. */
  isSaidToBeBack(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as { microphone: StandIn }).microphone.giveBack());
  }
}
