// The LiveKit client as one class and one callback. It owns every LiveKit object and tells whole states, never deltas;
// what is said here in JavaScript is decoded in src/web.rs.

import { AudioPresets, DisconnectReason, LocalAudioTrack, Room, RoomEvent, Track, setLogLevel } from "livekit-client";

setLogLevel("warn");

/** For so long after a full reconnect, livekit-client (2.23) keeps what happens to itself, and then forgets it. */
const SILENT_AFTER_RECONNECT = 2_000;

export class Voice {
  #room = new Room({
    // A click on tel:, mailto: or a download fires `beforeunload`, and must not hang up.
    disconnectOnPageLeave: false,
    stopLocalTrackOnUnpublish: true,
    audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    publishDefaults: { audioPreset: AudioPresets.speech, dtx: true, red: true, stopMicTrackOnMute: false },
  });
  #microphone = null;
  #tell;
  #left = false;
  #takenOver = false;
  #onPageHide = (event) => {
    if (!event.persisted) this.leave();
  };

  /** `tell` is called with a whole state whenever something changed. */
  constructor(tell) {
    this.#tell = tell;
    const room = this.#room;
    room.on(RoomEvent.TrackUnsubscribed, (track) => {
      for (const element of track.detach()) element.remove();
      this.#state();
    });
    for (const event of [
      RoomEvent.TrackSubscribed,
      RoomEvent.ConnectionStateChanged,
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.AudioPlaybackStatusChanged,
    ]) {
      room.on(event, () => this.#state());
    }
    // So we look for ourselves, once it tells everything again.
    room.on(RoomEvent.Reconnected, () => setTimeout(() => this.#state(), SILENT_AFTER_RECONNECT + 500));
    room.on(RoomEvent.Disconnected, (reason) => {
      this.#releaseMicrophone();
      this.#takenOver = reason === DisconnectReason.DUPLICATE_IDENTITY;
      this.#state();
    });
    window.addEventListener("pagehide", this.#onPageHide);
  }

  async connect(url, token) {
    // The embedded voice server is a path below whatever address this page came from.
    const address = new URL(url, location.href).href;
    await this.#room.connect(address, token, { maxRetries: 2, peerConnectionTimeout: 10_000, websocketTimeout: 10_000 });
    // Where the browser wants a gesture first, `soundBlocked` says so.
    this.#room.startAudio().catch(() => {});
    this.#state();
  }

  /** Lets the others hear this microphone, unless muted. Takes it over: leaving releases it. */
  async publish(mediaTrack, muted) {
    // Not "user provided": LiveKit may open it again when the phone took it away.
    this.#microphone = new LocalAudioTrack(mediaTrack, undefined, false);
    // Before anybody could hear.
    if (muted) await this.#microphone.mute();
    try {
      await this.#room.localParticipant.publishTrack(this.#microphone, { source: Track.Source.Microphone });
    } catch (error) {
      this.#releaseMicrophone();
      throw error;
    }
    this.#state();
  }

  async setMuted(muted) {
    await (muted ? this.#microphone?.mute() : this.#microphone?.unmute());
    this.#state();
  }

  chooseMicrophone(id) {
    return this.#room.switchActiveDevice("audioinput", id);
  }

  chooseSpeaker(id) {
    return this.#room.switchActiveDevice("audiooutput", id);
  }

  startAudio() {
    return this.#room.startAudio();
  }

  /** Hangs up and releases the microphone at once; nothing is told any more. */
  leave() {
    this.#left = true;
    window.removeEventListener("pagehide", this.#onPageHide);
    this.#releaseMicrophone();
    return this.#room.disconnect();
  }

  /** Lets everybody be heard whose microphone has come. */
  #hearAll() {
    for (const participant of this.#room.remoteParticipants.values()) {
      for (const { track } of participant.audioTrackPublications.values()) {
        if (track?.attachedElements.length === 0) document.body.append(hidden(track.attach()));
      }
    }
  }

  #releaseMicrophone() {
    this.#microphone?.stop();
    this.#microphone = null;
  }

  #state() {
    if (this.#left) return;
    this.#hearAll();
    const room = this.#room;
    this.#tell({
      link: room.state,
      takenOver: this.#takenOver,
      open: this.#microphone !== null,
      muted: this.#microphone?.isMuted ?? false,
      soundBlocked: !room.canPlaybackAudio,
      speaking: room.activeSpeakers.map((participant) => participant.identity),
      mutedOthers: [...room.remoteParticipants.values()]
        .filter((participant) => !participant.isMicrophoneEnabled)
        .map((participant) => participant.identity),
    });
  }
}

function hidden(element) {
  element.hidden = true;
  return element;
}
