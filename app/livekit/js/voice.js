// The LiveKit client as one class and one callback. It owns every LiveKit object and tells whole states, never deltas;
// what is said here in JavaScript is decoded in src/web.rs. What follows from a state is decided there, or above.

import {
  AudioPresets,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  LocalAudioTrack,
  Room,
  RoomEvent,
  Track,
  TrackEvent,
  setLogLevel,
  supportsAudioOutputSelection,
} from "livekit-client";

setLogLevel("warn");

/** For so long after a full reconnect, livekit-client (2.23) keeps what happens to itself, and then forgets it. */
const SILENT_AFTER_RECONNECT = 2_000;
/** How often we look whether sound flows, in and out: while it does, in a large room, and until it does. */
const LOOK_EVERY = { flowing: 1_000, crowded: 3_000, waiting: 400 };
const CROWD = 6;
/** Whoever says nothing sends a packet every 400 ms (RFC 6716, 2.1.9); some more for the way. */
const SILENCE_SENDS_EVERY = 600;

/** As in load.js. */
const SPEECH = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
/** How loud members are heard whom somebody has turned down. Outlives a connection. */
const VOLUMES = new Map();
const QUALITY = { [ConnectionQuality.Poor]: "poor", [ConnectionQuality.Lost]: "lost" };

export class Voice {
  #room = new Room({
    // A click on tel:, mailto: or a download fires `beforeunload`, and must not hang up.
    disconnectOnPageLeave: false,
    // A connection that is lost takes no microphone with it: whoever joins again goes on with the same one.
    stopLocalTrackOnUnpublish: false,
    audioCaptureDefaults: SPEECH,
    publishDefaults: { audioPreset: AudioPresets.speech, dtx: true, red: true, stopMicTrackOnMute: false },
  });
  #microphone = null;
  #muted = false;
  /** So many changes of ours to the microphone are under way. */
  #changing = 0;
  #tell;
  #left = false;
  #takenOver = false;
  /** LiveKit has listened and heard nothing from the microphone. */
  #silent = false;
  /** All the sound that the microphone has given, where the browser counts it. */
  #energy = null;
  /** Sound comes in, or there is nobody who could be heard. */
  #flows = false;
  /** What had come in when we looked last, on a connection of which we do not know yet whether it carries sound. */
  #before = null;
  /** Nothing gets through to the voice server, and the browser goes on trying. LiveKit says so much later. */
  #cut = false;
  #hearing = { received: 0, lost: 0, samples: 0, concealed: 0, gaps: 0 };
  /** What had come in when we looked last, and when that was, while sound flows from somebody who could be heard. */
  #flowed = null;
  /** What was counted last of each track. */
  #counted = new Map();
  #devices = { microphones: [], speakers: [], microphone: null, speaker: null };
  /** What the system's own choice of a microphone belongs to, where it has a name of its own. */
  #systemDefault = null;
  #nextLook;
  #onPageHide = (event) => {
    if (!event.persisted) this.leave();
  };
  #onDeviceChange = () => this.#followDevices();
  // A moment is enough for a phone call to leave a microphone dead: it must not fall between two looks.
  #onInterruption = () => this.#state();

  /** `tell` is called with a whole state whenever something changed, and whenever we have looked. */
  constructor(tell) {
    this.#tell = (state) => {
      try {
        tell(state);
      } catch (error) {
        // Whoever calls us may keep what we throw to itself: that our program ended must be heard.
        reportError(error);
      }
    };
    const room = this.#room;
    room.on(RoomEvent.TrackUnsubscribed, (track) => {
      for (const element of track.detach()) element.remove();
      this.#counted.delete(track.sid);
      this.#state();
    });
    room.on(RoomEvent.TrackSubscribed, (_track, _publication, participant) => {
      this.#turn(participant);
      this.#state();
    });
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ConnectionQualityChanged,
      RoomEvent.AudioPlaybackStatusChanged,
    ]) {
      room.on(event, () => this.#state());
    }
    room.on(RoomEvent.TrackMuted, ({ track }) => {
      // Not by us: the voice server wants it so. One that LiveKit could not keep open is over.
      const isMine = track && track === this.#microphone && track.mediaStreamTrack.readyState === "live";
      if (isMine && this.#changing === 0) this.#muted = true;
      this.#state();
    });
    room.on(RoomEvent.ConnectionStateChanged, (link) => {
      this.#cut = false;
      if (link === ConnectionState.Reconnecting) [this.#flows, this.#before] = [false, null];
      if (link === ConnectionState.Connected) this.#lookNow();
      this.#state();
    });
    room.on(RoomEvent.LocalAudioSilenceDetected, () => {
      this.#silent = true;
      this.#state();
    });
    room.on(RoomEvent.ActiveDeviceChanged, () => this.#followDevices());
    // So we look for ourselves, once it tells everything again.
    room.on(RoomEvent.Reconnected, () => setTimeout(() => this.#state(), SILENT_AFTER_RECONNECT + 500));
    room.on(RoomEvent.Disconnected, (reason) => {
      this.#takenOver = reason === DisconnectReason.DUPLICATE_IDENTITY;
      if (this.#takenOver) this.#releaseMicrophone();
      clearTimeout(this.#nextLook);
      this.#state();
    });
    window.addEventListener("pagehide", this.#onPageHide);
    navigator.mediaDevices?.addEventListener?.("devicechange", this.#onDeviceChange);
    navigator.audioSession?.addEventListener?.("statechange", this.#onInterruption);
  }

  async connect(url, token) {
    // The embedded voice server is a path below whatever address this page came from.
    const address = new URL(url, location.href).href;
    await this.#room.connect(address, token, { maxRetries: 2, peerConnectionTimeout: 10_000, websocketTimeout: 10_000 });
    // `startAudio` is for a tap (`soundBlocked`). Here it would hide that a track may not play yet: what is refused while it
    // runs, livekit-client (2.23) forgets.
    this.#followDevices();
    this.#state();
  }

  /** Lets the others hear this microphone, unless muted. Takes it over: leaving releases it. */
  async publish(mediaTrack, muted) {
    this.#releaseMicrophone();
    // Not "user provided": LiveKit may open it again when the phone took it away.
    const microphone = new LocalAudioTrack(mediaTrack, undefined, false);
    this.#microphone = microphone;
    this.#muted = muted;
    this.#heedInterruptions();
    microphone.on(TrackEvent.Restarted, () => this.#heedInterruptions());
    // Before anybody could hear.
    if (muted) await microphone.mute();
    try {
      await this.#room.localParticipant.publishTrack(microphone, { source: Track.Source.Microphone });
    } catch (error) {
      this.#releaseMicrophone();
      throw error;
    }
    this.#followDevices();
    this.#state();
  }

  /** Hands the microphone over to whoever joins next, still open; null if there is none. */
  takeMicrophone() {
    const track = this.#microphone?.mediaStreamTrack;
    // What stops the old one must not stop the new one.
    const taken = track?.readyState === "live" ? track.clone() : null;
    this.#releaseMicrophone();
    return taken;
  }

  /** Opens the microphone again, on the same device if that is there. */
  openAnew() {
    return this.#change(() => this.#openAnew());
  }

  async #openAnew() {
    const microphone = this.#microphone;
    if (!microphone) throw new Error("there is no microphone to open again");
    try {
      await microphone.restartTrack();
    } catch {
      // The device may be gone: then the system's own choice.
      await microphone.restartTrack({ ...SPEECH });
    }
    this.#silent = false;
    // LiveKit mutes one that it could not open.
    if (!this.#muted) await microphone.unmute();
    this.#followDevices();
    this.#lookNow();
  }

  async setMuted(muted) {
    this.#muted = muted;
    try {
      await this.#change(() => (muted ? this.#microphone?.mute() : this.#microphone?.unmute()));
    } catch {
      // To unmute one whose device is gone takes another device.
      await this.openAnew();
    }
    this.#state();
  }

  async #change(microphone) {
    this.#changing += 1;
    try {
      return await microphone();
    } finally {
      this.#changing -= 1;
    }
  }

  /** Hears one member so loud from now on, 0 to 1. */
  setVolume(member, volume) {
    VOLUMES.set(member, volume);
    for (const participant of this.#room.remoteParticipants.values()) this.#turn(participant);
  }

  #turn(participant) {
    const volume = VOLUMES.get(participant.identity.split(":")[0]);
    if (volume !== undefined) participant.setVolume(volume);
  }

  async chooseMicrophone(id) {
    try {
      await this.#change(() => this.#room.switchActiveDevice("audioinput", id));
    } catch {
      // To try a device, LiveKit lets go of the one before.
      await this.openAnew();
    }
    this.#followDevices();
  }

  async chooseSpeaker(id) {
    await this.#room.switchActiveDevice("audiooutput", id);
    this.#followDevices();
  }

  startAudio() {
    return this.#room.startAudio();
  }

  /** Hangs up and releases the microphone at once; nothing is told any more. */
  leave() {
    this.#left = true;
    clearTimeout(this.#nextLook);
    window.removeEventListener("pagehide", this.#onPageHide);
    navigator.mediaDevices?.removeEventListener?.("devicechange", this.#onDeviceChange);
    navigator.audioSession?.removeEventListener?.("statechange", this.#onInterruption);
    this.#releaseMicrophone();
    return this.#room.disconnect();
  }

  /** Lets everybody be heard whose microphone has come. */
  #hearAll() {
    for (const track of this.#tracks()) {
      if (track.attachedElements.length === 0) document.body.append(hidden(track.attach()));
    }
  }

  #tracks() {
    const everybody = [...this.#room.remoteParticipants.values()];
    const publications = everybody.flatMap((participant) => [...participant.audioTrackPublications.values()]);
    return publications.flatMap(({ track }) => track ?? []);
  }

  #releaseMicrophone() {
    this.#microphone?.stop();
    [this.#microphone, this.#silent, this.#energy] = [null, false, null];
  }

  #heedInterruptions() {
    const track = this.#microphone?.mediaStreamTrack;
    for (const event of ["mute", "unmute"]) track?.addEventListener(event, this.#onInterruption);
  }

  async #followDevices() {
    const all = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []);
    if (this.#left || !all) return;
    const named = (kind) =>
      // Before the microphone was allowed, they have no names.
      all.flatMap((device) => (device.kind === kind && device.label ? { id: device.deviceId, label: device.label } : []));
    this.#devices = {
      microphones: named("audioinput"),
      speakers: supportsAudioOutputSelection() ? named("audiooutput") : [],
      microphone: this.#microphone?.mediaStreamTrack.getSettings().deviceId ?? null,
      speaker: this.#room.getActiveDevice("audiooutput") ?? null,
    };
    this.#state();
    // Chromium goes on with the device that was the system's choice when it was opened.
    const chosen = all.find(({ kind, deviceId }) => kind === "audioinput" && deviceId === "default")?.groupId ?? null;
    const before = this.#systemDefault;
    this.#systemDefault = chosen;
    const follows = this.#devices.microphone === "default" && before !== null && chosen !== null && chosen !== before;
    if (follows) await this.openAnew().catch(() => {});
  }

  #lookNow() {
    clearTimeout(this.#nextLook);
    this.#nextLook = undefined;
    if (!this.#left && this.#room.state === ConnectionState.Connected) this.#look();
  }

  async #look() {
    const looks = [this.#lookAtMicrophone(), ...this.#tracks().map((track) => this.#count(track))];
    const reports = await Promise.all(looks).catch(() => []);
    if (this.#left) return;
    if (this.#room.state !== ConnectionState.Connected) {
      this.#flowed = null;
      return;
    }
    this.#cut = reports.some((report) => [...(report?.values() ?? [])].some(isCut));
    if (this.#cut) [this.#flows, this.#before] = [false, null];
    if (!this.#flows && !this.#cut) {
      const { received } = this.#hearing;
      this.#flows = (this.#before !== null && received > this.#before) || !this.#somebodyCouldBeHeard();
      this.#before = received;
    }
    this.#noteGap();
    this.#state();
    clearTimeout(this.#nextLook);
    const often = this.#room.remoteParticipants.size > CROWD ? LOOK_EVERY.crowded : LOOK_EVERY.flowing;
    this.#nextLook = setTimeout(() => this.#look(), this.#flows ? often : LOOK_EVERY.waiting);
  }

  /** Where nothing comes in for longer than silence sends nothing, something is wrong. */
  #noteGap() {
    const [{ received }, at] = [this.#hearing, performance.now()];
    const flowed = this.#flows && this.#somebodyCouldBeHeard() ? { received, at } : null;
    const gap = flowed && this.#flowed?.received === received ? at - this.#flowed.at : 0;
    // Too soon to say: the next look counts from the same moment.
    if (gap > 0 && gap < SILENCE_SENDS_EVERY) return;
    this.#hearing.gaps += gap;
    this.#flowed = flowed;
  }

  #somebodyCouldBeHeard() {
    return [...this.#room.remoteParticipants.values()].some(({ isMicrophoneEnabled }) => isMicrophoneEnabled);
  }

  async #lookAtMicrophone() {
    const report = await this.#microphone?.getRTCStatsReport();
    const source = [...(report?.values() ?? [])].find(({ type }) => type === "media-source");
    this.#energy = source?.totalAudioEnergy ?? null;
    return report;
  }

  async #count(track) {
    const report = await track.getRTCStatsReport();
    const stats = [...(report?.values() ?? [])].find(({ type }) => type === "inbound-rtp");
    if (!stats) return report;
    const now = {
      received: stats.packetsReceived ?? 0,
      lost: stats.packetsLost ?? 0,
      // Silence that is made up may be nobody's loss: whom the voice server leaves out just now. Gaps are noted apart.
      samples: (stats.totalSamplesReceived ?? 0) - (stats.silentConcealedSamples ?? 0),
      concealed: (stats.concealedSamples ?? 0) - (stats.silentConcealedSamples ?? 0),
    };
    const before = this.#counted.get(track.sid);
    this.#counted.set(track.sid, now);
    // What is made up while the first packets come is no loss, either.
    const first = { ...now, received: 0 };
    // A track that is received anew is counted anew.
    const since = before && before.received <= now.received ? before : first;
    for (const what of Object.keys(now)) this.#hearing[what] += Math.max(0, now[what] - since[what]);
    return report;
  }

  #state() {
    if (this.#left) return;
    this.#hearAll();
    const room = this.#room;
    const everybody = [room.localParticipant, ...room.remoteParticipants.values()];
    const microphone = this.#microphone?.mediaStreamTrack;
    this.#tell({
      link: this.#cut && room.state === ConnectionState.Connected ? ConnectionState.Reconnecting : room.state,
      takenOver: this.#takenOver,
      flows: this.#flows,
      soundBlocked: !room.canPlaybackAudio,
      people: everybody
        .filter(({ identity }) => identity)
        .map((participant) => ({
          identity: participant.identity,
          muted: !participant.isMicrophoneEnabled,
          quality: QUALITY[participant.connectionQuality] ?? "good",
          speaking: participant.isSpeaking,
        })),
      capture: microphone && {
        muted: this.#muted,
        taken: microphone.muted,
        // To open it again, LiveKit ends the old one first: whoever looks in between must not open it once more.
        ended: this.#changing === 0 && microphone.readyState === "ended",
        silent: this.#silent && this.#energy === null,
        energy: this.#energy,
      },
      devices: this.#devices,
      hearing: this.#hearing,
    });
  }
}

function isCut({ type, iceState }) {
  return type === "transport" && (iceState === "disconnected" || iceState === "failed");
}

function hidden(element) {
  element.hidden = true;
  return element;
}
