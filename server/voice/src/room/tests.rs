//! Stories in one room, with real participants, without sockets, in a time that is moved by hand.

mod house;
mod limits;
mod offers;
mod rounds;
mod script;
mod ways;

use house::{House, Life};
use proto::leave_request::Action;
use proto::{ConnectionQuality, DisconnectReason};

use super::*;

#[test]
fn two_people_hear_each_other() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    assert_eq!(house.words_heard(ben, anna), house.words_said(anna), "nothing gets lost");
    assert_eq!(house.words_heard(anna, ben), house.words_said(ben));
    assert!(house.hears_redundantly(ben), "loss is made good by what comes with each packet");
}

#[test]
fn whoever_comes_late_hears_those_who_speak_already() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let carla = house.joins("carla");
    house.live(1000, &[anna, ben]);
    assert!(house.words_heard(carla, anna) > 40);
    assert!(house.words_heard(carla, ben) > 40);
    assert_eq!(house.words_heard(anna, carla), 0, "and is not heard, because she did not open her microphone");
}

#[test]
fn more_people_speak_than_the_first_offers_have_places_for() {
    let mut house = House::new();
    let people: Vec<Life> = (0..8).map(|n| house.joins(&format!("singer {n}"))).collect();
    house.live(500, &[]);
    people.iter().for_each(|who| house.publishes(*who));
    house.live(1000, &[]);
    house.live(1000, &people);
    for hears in &people {
        for sings in people.iter().filter(|sings| *sings != hears) {
            assert_eq!(house.words_heard(*hears, *sings), house.words_said(*sings));
        }
    }
}

#[test]
fn a_place_that_somebody_left_is_used_by_the_next() {
    let mut house = House::new();
    let listener = house.joins("listener");
    let mut sections = 0;
    for round in 0..6 {
        let speaker = house.joins(&format!("speaker {round}"));
        house.live(500, &[]);
        house.publishes(speaker);
        house.live(500, &[]);
        house.live(500, &[speaker]);
        assert_eq!(house.words_heard(listener, speaker), house.words_said(speaker), "round {round}");
        house.leaves(speaker);
        house.live(500, &[]);
        let now = house.room.people[&house.id(listener)].sections.len();
        assert!(sections == 0 || now == sections, "the offer does not grow: {sections} → {now}");
        sections = now;
    }
}

#[test]
fn a_muted_microphone_is_not_passed_on_even_if_it_goes_on_sending() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.mutes(anna, true);
    house.live(200, &[]);
    let before = house.words_heard(ben, anna);
    house.live(500, &[anna]);
    assert_eq!(house.words_heard(ben, anna), before);
    assert!(house.sees(ben, anna).tracks[0].muted);

    house.mutes(anna, false);
    house.live(200, &[]);
    house.live(500, &[anna]);
    assert!(house.words_heard(ben, anna) > before + 20);
}

#[test]
fn the_server_closes_a_microphone_and_only_its_owner_opens_it() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    assert!(house.room.mute("anna"));
    house.live(200, &[]);
    let before = house.words_heard(ben, anna);
    house.live(500, &[anna]);
    assert_eq!(house.words_heard(ben, anna), before);
    assert!(house.was_told_to_mute(anna));
    house.mutes(ben, false);
    house.live(500, &[anna]);
    assert_eq!(house.words_heard(ben, anna), before, "nobody else opens it");
    house.mutes(anna, false);
    house.live(500, &[anna]);
    assert!(house.words_heard(ben, anna) > before);
    assert!(!house.room.mute("nobody"));
}

#[test]
fn somebody_put_out_is_told_so_and_cannot_come_back_with_the_old_token() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    assert!(house.remove("anna"));
    house.live(200, &[]);
    assert_eq!(house.farewell(anna), Some((Action::Disconnect, DisconnectReason::ParticipantRemoved)));
    assert_eq!(house.sees(ben, anna).state(), State::Disconnected);
    let again = house.joins("anna");
    house.live(500, &[]);
    assert_eq!(house.farewell(again), Some((Action::Disconnect, DisconnectReason::ParticipantRemoved)));
    assert_eq!(house.identities(), ["ben"]);
    assert!(!house.remove("anna"), "she is gone");
}

#[test]
fn a_closed_room_puts_everybody_out() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.close();
    house.live(100, &[]);
    for who in [anna, ben] {
        assert_eq!(house.farewell(who), Some((Action::Disconnect, DisconnectReason::RoomDeleted)));
    }
    assert!(house.room.is_closed());
    assert_eq!(house.events().last(), Some(&Event::RoomFinished { room: "room".to_owned() }));
}

#[test]
fn a_second_window_takes_over_from_the_first() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let again = house.joins("anna");
    house.live(500, &[]);
    assert_eq!(house.farewell(anna), Some((Action::Disconnect, DisconnectReason::DuplicateIdentity)));
    house.publishes(again);
    house.live(500, &[]);
    house.live(500, &[again, ben]);
    assert!(house.words_heard(ben, again) > 20);
    assert!(house.words_heard(again, ben) > 20);
    assert_eq!(house.identities(), ["anna", "ben"]);
}

#[test]
fn a_lost_websocket_costs_no_audio_and_the_session_goes_on() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let before = house.words_said(anna) - house.words_heard(ben, anna);
    house.loses_link(anna);
    house.live(2000, &[anna, ben]);
    house.resumes(anna);
    house.live(2000, &[anna, ben]);
    assert!(house.resumed(anna));
    assert_eq!(house.words_said(anna) - house.words_heard(ben, anna), before, "not one packet is lost");
    assert_eq!(house.words_heard(anna, ben), house.words_said(ben));
    assert_eq!(house.farewell(ben), None);
    assert_eq!(house.sees(ben, anna).state(), State::Active);
}

#[test]
fn whoever_does_not_come_back_leaves_the_room() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.loses_link(anna);
    house.live(19_000, &[]);
    assert_eq!(house.identities(), ["anna", "ben"]);
    house.live(3_000, &[]);
    assert_eq!(house.identities(), ["ben"]);
    assert_eq!(house.sees(ben, anna).state(), State::Disconnected);
    house.resumes(anna);
    house.live(200, &[]);
    assert_eq!(house.farewell(anna), Some((Action::Reconnect, DisconnectReason::StateMismatch)), "she joins anew");
}

#[test]
fn a_phone_without_battery_is_noticed() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.dies(anna);
    house.live(12_000, &[]);
    assert_eq!(house.quality(ben, anna), Some(ConnectionQuality::Lost));
    house.live(2_000, &[]);
    assert_eq!(house.identities(), ["ben"]);
}

#[test]
fn a_page_that_is_gone_without_a_word_is_not_waited_for_as_long_as_one_whose_sound_goes_on() {
    let mut house = House::new();
    let [anna, _] = house.two_who_talk();
    house.loses_link(anna);
    house.dies(anna);
    house.live(12_000, &[]);
    assert_eq!(house.identities(), ["anna", "ben"]);
    house.live(2_000, &[]);
    assert_eq!(house.identities(), ["ben"]);
}

#[test]
fn nobody_is_given_up_for_what_held_us_up() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.is_held_up(30_000);
    house.live(2_000, &[anna, ben]);
    assert_eq!(house.identities(), ["anna", "ben"]);
    house.dies(anna);
    house.live(14_000, &[]);
    assert_eq!(house.identities(), ["ben"]);
}

#[test]
fn whoever_only_listens_is_refused_a_microphone_and_hears_everybody() {
    let mut house = House::new();
    let [anna, _] = house.two_who_talk();
    let listener = house.joins_to_listen("listener");
    house.live(500, &[]);
    house.publishes(listener);
    house.live(500, &[anna]);
    assert!(house.words_heard(listener, anna) > 20);
    assert!(house.room.people[&house.id(listener)].tracks.is_empty());
}

#[test]
fn a_speaker_is_shown_as_one_and_silence_as_silence() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.live(1000, &[anna]);
    assert!(house.speaks(ben, anna));
    assert!(!house.speaks(ben, ben));
    house.live(1000, &[]);
    assert!(!house.speaks(ben, anna));
}

#[test]
fn a_microphone_that_is_closed_for_good_and_opened_again_is_heard_again() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    for _ in 0..3 {
        house.unpublishes(anna);
        house.live(500, &[]);
        assert!(house.sees(ben, anna).tracks.is_empty());
        house.publishes(anna);
        house.live(500, &[]);
        let before = house.words_heard(ben, anna);
        house.live(500, &[anna]);
        assert!(house.words_heard(ben, anna) > before + 20);
    }
}

#[test]
fn browsers_without_redundancy_and_with_it_understand_each_other() {
    let mut house = House::new();
    let anna = house.joins("anna");
    let ben = house.joins_without_red("ben");
    house.live(500, &[]);
    house.publishes(anna);
    house.publishes(ben);
    house.live(500, &[]);
    house.live(500, &[anna, ben]);
    assert_eq!(house.words_heard(ben, anna), house.words_said(anna));
    assert_eq!(house.words_heard(anna, ben), house.words_said(ben));
    assert!(!house.hears_redundantly(ben));
}

#[test]
fn a_full_room_lets_nobody_else_in() {
    let mut house = House::with_places(2);
    house.two_who_talk();
    let carla = house.joins("carla");
    house.live(200, &[]);
    assert_eq!(house.farewell(carla), Some((Action::Disconnect, DisconnectReason::JoinFailure)));
    assert_eq!(house.identities(), ["anna", "ben"]);
    assert_eq!(house.may_enter("anna"), Ok(()), "who is in it already may come again");
}

#[test]
fn an_empty_room_waits_for_a_while_and_closes() {
    let mut house = House::new();
    house.live(89_000, &[]);
    assert!(!house.room.is_closed());
    house.live(2_000, &[]);
    assert!(house.room.is_closed());

    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    house.leaves(anna);
    house.leaves(ben);
    house.live(15_000, &[]);
    assert!(!house.room.is_closed());
    house.live(8_000, &[]);
    assert!(house.room.is_closed());
}

#[test]
fn a_connection_that_never_comes_about_is_given_up() {
    let mut house = House::new();
    let anna = house.joins("anna");
    house.dies(anna);
    house.live(31_000, &[]);
    assert_eq!(house.identities(), Vec::<String>::new());
}

#[test]
fn tokens_are_renewed_so_that_a_long_call_survives_a_break() {
    let mut house = House::new();
    let [anna, _] = house.two_who_talk();
    let tokens = house.tokens(anna);
    assert_eq!(tokens.len(), 1, "at once, because the first one is good for two minutes only");
    house.live(5 * 60 * 1000 + 1000, &[]);
    let tokens = house.tokens(anna);
    assert_eq!(tokens.len(), 2);
    let ticket = house.around.tokens.check(&tokens[1]).unwrap();
    assert_eq!((ticket.identity.as_str(), ticket.room.as_str()), ("anna", "room"));
}

#[test]
fn events_tell_who_came_and_went() {
    let mut house = House::new();
    let [anna, _] = house.two_who_talk();
    house.leaves(anna);
    house.live(100, &[]);
    let (room, name) = ("room".to_owned(), |name: &str| name.to_owned());
    assert_eq!(
        house.events(),
        [
            Event::Joined { room: room.clone(), identity: name("anna") },
            Event::Joined { room: room.clone(), identity: name("ben") },
            Event::Left { room, identity: name("anna"), goodbye: true },
        ]
    );
}

#[test]
fn whoever_falls_silent_is_put_out_or_comes_twice_leaves_without_a_goodbye() {
    let mut house = House::new();
    house.joins("anna");
    house.live(1000, &[]);
    house.joins("anna");
    house.live(1000, &[]);
    let ben = house.joins("ben");
    house.live(1000, &[]);
    house.loses_link(ben);
    house.live(31_000, &[]);
    house.joins("carla");
    house.live(1000, &[]);
    assert!(house.remove("carla"));
    house.live(100, &[]);
    let left: Vec<Event> = house.events().iter().filter(|e| matches!(e, Event::Left { .. })).cloned().collect();
    let without_goodbye =
        |name: &str| Event::Left { room: "room".to_owned(), identity: name.to_owned(), goodbye: false };
    assert_eq!(left, ["anna", "ben", "carla"].map(without_goodbye));
}

#[test]
fn nonsense_from_one_is_nobody_elses_concern() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let mallory = house.joins("mallory");
    house.live(500, &[]);
    house.sends_nonsense(mallory);
    house.live(1000, &[anna, ben]);
    assert_eq!(house.words_heard(ben, anna), house.words_said(anna));
    assert_eq!(house.words_heard(anna, ben), house.words_said(ben));
}

#[test]
fn too_many_datagrams_are_dropped_and_those_of_others_are_not() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let before = house.words_heard(ben, anna);
    for _ in 0..100 {
        house.says(anna, 100);
        house.live(10, &[ben]);
    }
    let heard = house.words_heard(ben, anna) - before;
    assert!(heard < 2 * 500 + 100, "{heard} of 10 000 in a second");
    assert_eq!(house.words_heard(anna, ben), house.words_said(ben));
}

#[test]
fn the_room_of_a_phone_that_fell_silent_waits_for_it_from_when_it_was_given_up() {
    let mut house = House::new();
    let anna = house.joins("anna");
    house.live(1000, &[]);
    house.dies(anna);
    house.live(12_000, &[]);
    assert_eq!(house.identities(), ["anna"]);
    house.live(2_000, &[]);
    assert_eq!(house.identities(), Vec::<String>::new(), "nothing came from her for 13 seconds");
    house.live(16_000, &[]);
    assert!(!house.room.is_closed());
    let again = house.joins("anna");
    house.live(1000, &[]);
    assert_eq!((house.identities(), house.farewell(again)), (vec!["anna".to_owned()], None));
}

#[test]
fn somebody_put_out_just_as_they_were_away_does_not_get_back_in() {
    let mut house = House::new();
    let [anna, _] = house.two_who_talk();
    house.leaves(anna);
    house.live(100, &[]);
    assert!(!house.remove("anna"));
    let again = house.joins("anna");
    house.live(500, &[]);
    assert_eq!(house.farewell(again), Some((Action::Disconnect, DisconnectReason::ParticipantRemoved)));
    assert_eq!(house.identities(), ["ben"]);
}

#[test]
fn whoever_comes_back_with_a_new_link_learns_who_left_and_who_speaks() {
    let mut house = House::new();
    let [anna, ben] = house.two_who_talk();
    let [carla, dora] = ["carla", "dora"].map(|name| house.joins(name));
    house.live(1000, &[]);
    assert!(!house.speaks(ben, anna));
    house.loses_link(ben);
    house.leaves(carla);
    house.leaves(dora);
    house.live(1000, &[anna]);
    let dora_again = house.joins("dora");
    house.live(500, &[anna]);
    house.resumes(ben);
    // What was told before is forgotten: this is what he learns by coming back.
    house.live(100, &[]);
    assert_eq!(house.sees(ben, carla).state(), State::Disconnected);
    assert_eq!(house.sees(ben, dora_again).state(), State::Active, "she came back");
    assert_eq!(house.sees(ben, anna).state(), State::Active);
    assert!(house.speaks(ben, anna) && !house.speaks(ben, ben));

    house.live(61_000, &[]);
    house.loses_link(ben);
    house.resumes(ben);
    house.live(100, &[]);
    assert!(!house.is_seen(ben, carla), "that is long ago");
}
