//! What one person may ask for, so that the others have their peace.

use super::script::{Browser, Script, Wants, microphone};
use crate::room::{NoEntry, Room};
use livekit_protocol as proto;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;
use std::time::Duration;

#[test]
fn a_microphone_with_endless_features_is_refused_and_nobody_is_told_of_it() {
    let mut script = Script::new();
    let [mut anna, mut ben] = ["anna", "ben"].map(|name| script.joins(name));
    script.opens_microphone(&ben);
    anna.told();
    let adds = |script: &mut Script, ben: &Browser, features: usize| {
        let audio_features = vec![proto::AudioTrackFeature::TfAutoGainControl.into(); features];
        let wanted = proto::AddTrackRequest { audio_features, ..microphone(&format!("with {features}")) };
        script.says(ben, Request::AddTrack(wanted));
        script.room.people[&ben.id].tracks.len()
    };
    assert_eq!(adds(&mut script, &ben, 7), 2, "as many as LiveKit knows");
    ben.told();
    assert_eq!(adds(&mut script, &ben, 10_000), 2);
    assert!(matches!(ben.told()[..], [Response::RequestResponse(_)]));
    assert!(anna.told().is_empty());
}

fn is_linked(room: &Room, browser: &Browser) -> bool {
    room.people[&browser.id].has_link(browser.link)
}

#[test]
fn a_browser_that_says_too_much_loses_its_link_and_the_others_keep_theirs() {
    let mut script = Script::new();
    let [anna, mut ben] = ["anna", "ben"].map(|name| script.joins(name));
    ben.told();
    for n in 0..1000 {
        script.says(&ben, Request::Ping(n));
    }
    assert_eq!(ben.told().len(), 200, "what a browser may say at once is answered");
    assert!(!is_linked(&script.room, &ben));
    assert!(is_linked(&script.room, &anna));

    script.now.instant += Duration::from_secs(1);
    assert!(script.resumes(&mut ben, "ben"), "and he comes back when he has calmed down");
    ben.told();
    script.says(&ben, Request::Ping(0));
    assert!(matches!(ben.told()[..], [Response::Pong(0)]));
}

#[test]
fn what_livekits_client_says_in_a_long_and_difficult_call_is_never_too_much() {
    let mut script = Script::new();
    let mut ben = script.joins("ben");
    let trickles = |script: &mut Script, ben: &Browser| {
        for _ in 0..40 {
            script.says(ben, Request::Trickle(proto::TrickleRequest::default()));
        }
    };
    script.offers(&ben, &[Wants::Hear]);
    trickles(&mut script, &ben);
    script.opens_microphone(&ben);
    for round in 0..60 {
        for n in 0..2 {
            script.now.instant += Duration::from_secs(5);
            script.says(&ben, Request::Ping(n));
            script.says(&ben, Request::PingReq(proto::Ping::default()));
        }
        // Push to talk, as fast as a thumb goes.
        for muted in [true, false].into_iter().cycle().take(8) {
            let sid = script.room.people[&ben.id].tracks[0].info.sid.clone();
            script.says(&ben, Request::Mute(proto::MuteTrackRequest { sid, muted }));
        }
        // And the network changes every ten seconds.
        assert!(script.resumes(&mut ben, "ben"), "round {round}");
        script.says(&ben, Request::SyncState(proto::SyncState::default()));
        script.offers(&ben, &[Wants::Speak]);
        trickles(&mut script, &ben);
        assert!(is_linked(&script.room, &ben), "round {round}");
    }
}

#[test]
fn whoever_toggles_their_microphone_without_end_does_not_fill_the_links_of_those_who_read_slowly() {
    let mut script = Script::new();
    let [mut anna, ben] = ["anna", "ben"].map(|name| script.joins(name));
    let sid = script.opens_microphone(&ben);
    anna.told();
    for n in 0..1000 {
        script.says(&ben, Request::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted: n % 2 == 0 }));
    }
    let told = anna.told().len();
    assert!((1..=50).contains(&told), "{told} of 1000");
}

#[test]
fn a_list_of_tracks_longer_than_any_room_costs_the_link_and_is_not_even_read() {
    let mut script = Script::new();
    let ben = script.joins("ben");
    let sids = |count: usize| (0..count).map(|n| format!("TR_{n}")).collect::<Vec<_>>();
    // Everything that 200 people with four tracks each let others hear.
    script.wants(&ben, &sids(800), false);
    assert_eq!(script.room.people[&ben.id].unwanted.len(), 800);
    script.wants(&ben, &sids(800), true);
    assert_eq!(script.room.people[&ben.id].unwanted.len(), 0);
    script.wants(&ben, &sids(1000), false);
    assert_eq!(script.room.people[&ben.id].unwanted.len(), 800, "the rest cannot be in this room");
    assert!(is_linked(&script.room, &ben));
    script.wants(&ben, &sids(250_000), true);
    assert_eq!(script.room.people[&ben.id].unwanted.len(), 800);
    assert!(!is_linked(&script.room, &ben));
}

#[test]
fn whoever_joins_in_a_loop_is_stopped_and_may_come_a_moment_later() {
    let mut script = Script::new();
    let mut anna = script.joins("anna");
    anna.told();
    let comes_in =
        |script: &mut Script| script.joins("ben").told().iter().any(|told| matches!(told, Response::Join(_)));
    let times = (0..100).filter(|_| comes_in(&mut script)).count();
    assert_eq!(times, 20);
    assert!(anna.told().len() <= 40, "each time she is told that he came and that he went");
    assert_eq!(script.room.may_enter(script.now, "ben"), Err(NoEntry::TooOften));
    assert_eq!(script.room.may_enter(script.now, "anna"), Ok(()));
    script.now.instant += Duration::from_secs(3);
    assert_eq!(script.room.may_enter(script.now, "ben"), Ok(()));
    assert!(comes_in(&mut script));
}

#[test]
fn whoever_resumes_in_a_loop_is_stopped_too() {
    let mut script = Script::new();
    let mut ben = script.joins("ben");
    let times = (0..100).filter(|_| script.resumes(&mut ben, "ben")).count();
    assert_eq!(times, 19, "joining counts as well");
}
