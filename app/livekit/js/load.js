// The small half of the shim, part of the app itself: what must happen in the tap, before the big half is there.

let loading;
let failed = 0;

/**
 * Loads the big half (voice.js with the LiveKit client), once. A browser remembers that it could not load a module: the next
 * try has another name for it (https://github.com/whatwg/html/issues/6768).
 */
export function load(url) {
  loading ??= import(failed ? `${url}?again=${failed}` : url).catch((error) => {
    loading = undefined;
    failed += 1;
    throw error;
  });
  return loading;
}

/**
 * Asks for the microphone: for the preferred one, if that is there. Rejects with one of the words `denied`, `missing`,
 * `busy`.
 */
export function openMicrophone(preferred) {
  useAudioFor("play-and-record");
  const asked = ask(preferred);
  // Whoever asked may look at the answer later, or never.
  asked.catch(() => {});
  return asked;
}

/** Tells phones which have a word for it what the sound of this page is for: it decides on volume and loudspeaker. */
export function useAudioFor(what) {
  try {
    if (navigator.audioSession) navigator.audioSession.type = what;
  } catch {
    // One that does not know the word leaves it as it was.
  }
}

async function ask(preferred) {
  if (!navigator.mediaDevices?.getUserMedia) throw "missing";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        // Chromium takes no notice of a device that would only be ideal.
        ...(preferred && { deviceId: { exact: preferred } }),
      },
    });
    return stream.getAudioTracks()[0];
  } catch (error) {
    // It is not there today.
    if (preferred && ["OverconstrainedError", "NotFoundError"].includes(error?.name)) return ask();
    // https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
    switch (error?.name) {
      case "NotAllowedError":
      case "SecurityError":
        throw "denied";
      case "NotFoundError":
      case "OverconstrainedError":
        throw "missing";
      default:
        throw "busy";
    }
  }
}
