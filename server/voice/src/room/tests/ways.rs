//! By which address somebody is reached, and who may say so.

use super::house::House;
use super::script::{Script, Wants, offer};
use crate::out::Route;
use livekit_protocol::ConnectionQuality;
use livekit_protocol::signal_request::Message as Request;
use std::net::SocketAddr;
use std::time::Duration;

#[test]
fn whoever_takes_another_network_is_heard_and_hears_on_as_soon_as_they_say_so() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.moves(anna);
    house.resumes(anna);
    house.live(1000, &[]);
    let (heard, said) = (house.words_heard(anna, ben), house.words_said(ben));
    house.live(1000, &[anna, ben]);
    assert_eq!(house.words_heard(anna, ben) - heard, house.words_said(ben) - said);
    assert_eq!(house.words_heard(ben, anna), house.words_said(anna));
}

#[test]
fn a_late_check_from_the_network_before_does_not_hold_up_the_new_one() {
    let mut script = Script::new();
    let ben = script.joins("ben");
    let [before, after] = [1000, 2000].map(|port| Route::Udp(SocketAddr::from(([127, 0, 0, 1], port))));
    let sdp = offer(&[Wants::Hear]);
    script.says_offer(&ben, &sdp);
    let late = script.pings(&ben, before);
    assert_eq!(script.way(&ben), Some(before));

    script.says_offer(&ben, &sdp.replace("ice-ufrag:abcd", "ice-ufrag:efgh"));
    script.room.receive(&script.around, script.now, ben.id, before, &late, &mut script.out);
    script.pings(&ben, after);
    assert_eq!(script.way(&ben), Some(after));
}

#[test]
fn whoever_only_pings_is_there() {
    let mut script = Script::new();
    let ben = script.joins("ben");
    for half in 0..50 {
        script.now.instant += Duration::from_millis(500);
        if half % 10 == 0 {
            script.says(&ben, Request::Ping(1));
        }
        script.room.advance(&script.around, script.now, &mut script.out);
    }
    assert!(script.room.people.contains_key(&ben.id), "no sound has come from him yet");
}

#[test]
fn forged_checks_from_somebodys_own_address_do_not_keep_them_alive() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    // The name can be read by whoever sees it pass; the password cannot.
    let (name, _) = house.signature(anna);
    house.dies(anna);
    for second in 1..15 {
        house.live(1000, &[]);
        house.pings(anna, &(name.clone(), "guessed".to_owned()));
        if second == 12 {
            assert_eq!(house.quality(ben, anna), Some(ConnectionQuality::Lost));
        }
    }
    assert_eq!(house.identities(), ["ben"]);
}

#[test]
fn whoever_comes_from_ever_new_addresses_is_asked_to_slow_down() {
    let mut script = Script::new();
    let ben = script.joins("ben");
    script.offers(&ben, &[Wants::Hear]);
    let at = |port: u16| Route::Udp(SocketAddr::from(([127, 0, 0, 1], 1000 + port)));
    let answered = |script: &mut Script, port| {
        script.out.datagrams.clear();
        script.now.instant += Duration::from_millis(10);
        script.pings(&ben, at(port));
        script.out.datagrams.iter().any(|(to, _)| to == at(port))
    };
    let times = (0..500).filter(|port| answered(&mut script, *port)).count();
    assert_eq!(times, 64);
    assert!(answered(&mut script, 63), "a known address is not a new one");
    assert!(!answered(&mut script, 2000));
    script.now.instant += Duration::from_secs(10);
    assert!(answered(&mut script, 2000), "a phone that changes networks now and then is not kept out");
}
