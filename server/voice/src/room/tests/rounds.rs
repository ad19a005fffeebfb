//! Packets are counted in rounds of 65 536, and a listener begins in the first one.

use super::house::{House, Life};
use crate::stream::Stream;

/// Anna's microphone is open, and 20 packets are left of the round.
fn anna_shortly_before_a_round(house: &mut House) -> Life {
    let anna = house.joins("anna");
    house.live(500, &[]);
    house.publishes(anna);
    house.live(500, &[]);
    let id = house.id(anna);
    house.room.people.get_mut(&id).unwrap().tracks[0].stream = Stream::shortly_before_a_round(20);
    anna
}

#[test]
fn whoever_takes_a_while_to_connect_hears_those_whose_round_ended_meanwhile() {
    let mut house = House::new();
    let anna = anna_shortly_before_a_round(&mut house);
    let ben = house.joins("ben");
    house.dies(ben);
    house.live(1000, &[anna]);
    house.revives(ben);
    house.live(1000, &[]);
    house.live(500, &[anna]);
    assert_eq!(house.words_heard(ben, anna), 25);
}

#[test]
fn a_round_that_ends_while_a_microphone_is_muted_makes_nobody_deaf() {
    let mut house = House::new();
    let anna = anna_shortly_before_a_round(&mut house);
    house.mutes(anna, true);
    let ben = house.joins("ben");
    house.live(1000, &[]);
    house.live(1000, &[anna]);
    house.mutes(anna, false);
    house.live(500, &[anna]);
    assert_eq!(house.words_heard(ben, anna), 25);
}
