// The small half of the shim, part of the app itself: what must happen in the tap, before the big half is there.

/** Loads the big half (voice.js with the LiveKit client), once. */
export function load(url) {
  return import(url);
}

/** Asks for the microphone. Rejects with one of the words `denied`, `missing`, `busy`. */
export function openMicrophone() {
  const asked = ask();
  // Whoever asked may look at the answer later, or never.
  asked.catch(() => {});
  return asked;
}

async function ask() {
  if (!navigator.mediaDevices?.getUserMedia) throw "missing";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    return stream.getAudioTracks()[0];
  } catch (error) {
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
