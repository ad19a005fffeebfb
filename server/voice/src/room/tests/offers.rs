//! Whatever browsers offer, everybody hears everything once.

use super::script::{Browser, Script, Wants, microphone, offer};
use crate::room::Room;
use crate::room::person::Section;
use livekit_protocol as proto;
use proptest::prelude::*;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn whoever_stops_listening_and_starts_again_a_hundred_times_is_sent_everything_once() {
    for stop in [Wants::Nothing, Wants::Closed, Wants::Speak] {
        let mut script = Script::new();
        let [anna, ben] = ["anna", "ben"].map(|name| script.joins(name));
        script.opens_microphone(&anna);
        script.offers(&ben, &[Wants::Nothing, Wants::Hear]);
        for _ in 0..100 {
            // So slow that nobody says too much.
            script.now.instant += SECOND;
            script.offers(&ben, &[Wants::Nothing, stop]);
            assert_eq!(script.room.people[&anna.id].tracks[0].listeners, [], "{stop:?}");
            script.offers(&ben, &[Wants::Nothing, Wants::Hear]);
            assert_eq!(script.room.people[&anna.id].tracks[0].listeners.len(), 1, "{stop:?}");
        }
    }
}

/// Something that one of three browsers does.
#[derive(Debug, Clone)]
enum Step {
    /// Offers one section differently; one section more, if it has none of this number.
    Offers(usize, Wants),
    AddsTrack(usize),
    /// Wants to hear what another one lets others hear, or not.
    Wants(usize, bool),
    Mutes(bool),
    Resumes,
    /// Leaves and comes back.
    Leaves,
}

fn step() -> impl Strategy<Value = Step> {
    let wants = prop_oneof![
        4 => Just(Wants::Hear),
        2 => Just(Wants::Speak),
        1 => Just(Wants::Both),
        2 => Just(Wants::Nothing),
        1 => Just(Wants::Closed),
    ];
    prop_oneof![
        8 => (0..6_usize, wants).prop_map(|(section, wants)| Step::Offers(section, wants)),
        2 => (0..3_usize).prop_map(Step::AddsTrack),
        3 => (0..3_usize, any::<bool>()).prop_map(|(whom, on)| Step::Wants(whom, on)),
        1 => any::<bool>().prop_map(Step::Mutes),
        1 => Just(Step::Resumes),
        1 => Just(Step::Leaves),
    ]
}

const NAMES: [&str; 3] = ["anna", "ben", "carla"];

fn act(script: &mut Script, browsers: &mut [(Browser, Vec<Wants>)], who: usize, step: &Step) {
    let tracks = |script: &Script, id| -> Vec<String> {
        let person = script.room.people.get(&id);
        person.into_iter().flat_map(|person| &person.tracks).map(|track| track.info.sid.clone()).collect()
    };
    let ids: Vec<_> = browsers.iter().map(|(browser, _)| browser.id).collect();
    let (browser, sections) = &mut browsers[who];
    match step {
        Step::Offers(section, wants) => {
            // The first section stays open: a bundle needs one.
            if *section == 0 || *section >= sections.len() {
                sections.push(*wants);
            } else {
                sections[*section] = *wants;
            }
            script.says_offer(browser, &offer(sections));
        }
        Step::AddsTrack(n) => script.says(browser, Request::AddTrack(microphone(&format!("microphone {n}")))),
        Step::Wants(whom, subscribe) => {
            let sids = tracks(script, ids[*whom]);
            script.wants(browser, &sids, *subscribe);
        }
        Step::Mutes(muted) => {
            for sid in tracks(script, browser.id) {
                script.says(browser, Request::Mute(proto::MuteTrackRequest { sid, muted: *muted }));
            }
        }
        Step::Resumes => {
            script.resumes(browser, NAMES[who]);
        }
        Step::Leaves => {
            script.says(browser, Request::Leave(proto::LeaveRequest::default()));
            browsers[who] = (script.joins(NAMES[who]), vec![Wants::Hear]);
        }
    }
}

/// Whoever has a place for a track is sent it once, and nobody else is sent it.
fn everybody_hears_what_they_have_a_place_for(room: &Room) {
    for track in room.people.values().flat_map(|person| &person.tracks) {
        let mut sent: Vec<_> = track.listeners.iter().map(|listener| (listener.person, listener.ssrc)).collect();
        let mut places = vec![];
        for person in room.people.values() {
            places.extend(person.sections.iter().filter_map(|section| match section {
                Section::Hears { track: sid, ssrc, gone: false } if *sid == track.info.sid => Some((person.id, *ssrc)),
                _ => None,
            }));
        }
        sent.sort_unstable();
        places.sort_unstable();
        assert_eq!(sent, places, "{}", track.info.sid);
        sent.dedup_by_key(|(person, _)| *person);
        assert_eq!(sent.len(), places.len(), "{} comes twice to somebody", track.info.sid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_offered_nobody_is_sent_anything_twice(
        steps in prop::collection::vec((0..3_usize, step()), 1..60),
    ) {
        let mut script = Script::new();
        let mut browsers: Vec<_> = NAMES.iter().map(|name| (script.joins(name), vec![Wants::Hear])).collect();
        for (who, step) in &steps {
            script.now.instant += SECOND;
            act(&mut script, &mut browsers, *who, step);
            everybody_hears_what_they_have_a_place_for(&script.room);
        }
    }
}

#[test]
fn a_browser_that_does_not_speak_opus_is_not_asked_for_more_and_more_places() {
    let mut script = Script::new();
    let [anna, mut ben, mut carla] = ["anna", "ben", "carla"].map(|name| script.joins(name));
    let sdp = offer(&[Wants::Hear]);
    script.says_offer(&ben, &sdp.replace("opus/48000/2", "speex/8000").replace("red/48000/2", "speex/16000"));
    script.offers(&carla, &[Wants::Nothing]);
    ben.told();
    carla.told();
    assert!(script.room.people[&ben.id].peer.is_some(), "his offer was answered");
    script.opens_microphone(&anna);
    let is_asked =
        |browser: &mut Browser| browser.told().iter().any(|told| matches!(told, Response::MediaSectionsRequirement(_)));
    assert!(is_asked(&mut carla) && !is_asked(&mut ben));
}
