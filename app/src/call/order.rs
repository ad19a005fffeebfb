//! In which order the people of a call stand.

use domain::{MemberId, Timestamp};
use std::cmp::Reverse;

/// Whoever has spoken keeps a place in front for so long, in milliseconds.
const KEEPS_PLACE: f64 = 10_000.0;
/// So many are seen at once: none of them has to be looked for when they speak.
const AT_A_GLANCE: usize = 6;

/// How far somebody is in the call: who is in it comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Presence {
    Here,
    Rung,
    Gone,
}

/// What decides on somebody's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) member: MemberId,
    pub(super) name: String,
    pub(super) presence: Presence,
    pub(super) hand: Option<Timestamp>,
}

/// The order, as it is shown, and who stands in front because they have spoken.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Order {
    pub(super) shown: Vec<MemberId>,
    /// Each with the moment they were heard last; whoever came in front first stays there.
    spoke: Vec<(MemberId, f64)>,
}

impl Order {
    /// Nobody, or only this one.
    pub(super) fn of(only: Option<MemberId>) -> Order {
        Order { shown: only.into_iter().collect(), spoke: vec![] }
    }

    /// The order that follows. Raised hands stand in front, the first one first; then those who have spoken lately; then
    /// everybody by name. Whoever is seen anyway does not move for having spoken, so that faces do not jump about.
    pub(super) fn next(&self, places: Vec<Place>, speaking: &[MemberId], now: f64) -> Order {
        let mut spoke = self.spoke.clone();
        for member in speaking {
            let far_down = || self.shown.iter().position(|shown| shown == member) >= Some(AT_A_GLANCE);
            match spoke.iter_mut().find(|(known, _)| known == member) {
                Some((_, last)) => *last = now,
                None if far_down() => spoke.push((*member, now)),
                None => {}
            }
        }
        spoke.retain(|(_, last)| now - last < KEEPS_PLACE);
        let places = sorted(places.into_iter().map(|Place { member, name, presence, hand }| {
            let turn = spoke.iter().position(|(known, _)| *known == member).map(Reverse);
            // Somebody before nobody, and the first before the second.
            (presence, Reverse(hand.map(Reverse)), Reverse(turn), name.to_lowercase(), member)
        }));
        Order { shown: places.into_iter().map(|(.., member)| member).collect(), spoke }
    }
}

/// In order. Not one of the library's sorts: for so few, each of them would be more to load than it is worth.
pub(super) fn sorted<T: PartialOrd>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut sorted = vec![];
    for item in items {
        let at = sorted.partition_point(|other| *other < item);
        sorted.insert(at, item);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: usize) -> MemberId {
        format!("01900000-0000-7000-8000-{number:012}").parse().unwrap()
    }

    /// So many, who are called by their number.
    fn people(count: usize) -> Vec<Place> {
        let place = |number| Place {
            member: member(number),
            name: format!("Person {number:02}"),
            presence: Presence::Here,
            hand: None,
        };
        (0..count).map(place).collect()
    }

    fn shown(order: &Order) -> Vec<usize> {
        let number = |id: &MemberId| (0..100).find(|number| member(*number) == *id).unwrap();
        order.shown.iter().map(number).collect()
    }

    #[test]
    fn hands_come_first_in_their_order_then_names_and_whoever_is_not_there_is_last() {
        let mut all = people(5);
        all[4].hand = Some(Timestamp(10));
        all[3].hand = Some(Timestamp(20));
        all[0].presence = Presence::Gone;
        all[1].presence = Presence::Rung;
        assert_eq!(shown(&Order::default().next(all, &[], 0.0)), [4, 3, 2, 1, 0]);
    }

    #[test]
    fn who_is_seen_anyway_does_not_move_for_speaking() {
        let before = Order::default().next(people(6), &[], 0.0);
        assert_eq!(before.next(people(6), &[member(5), member(3)], 1_000.0), before);
    }

    #[test]
    fn who_speaks_further_down_comes_in_front_and_keeps_the_place_for_a_while() {
        let silent = Order::default().next(people(30), &[], 0.0);
        let one = silent.next(people(30), &[member(20)], 1_000.0);
        assert_eq!(shown(&one)[..3], [20, 0, 1]);
        let two = one.next(people(30), &[member(29)], 3_000.0);
        assert_eq!(shown(&two)[..3], [20, 29, 0], "the first one is not pushed aside");
        let back = two.next(people(30), &[member(20)], 4_000.0).next(people(30), &[member(29)], 5_000.0);
        assert_eq!(shown(&back), shown(&two), "two who talk with each other stand still");
        let later = back.next(people(30), &[], 14_000.0);
        assert_eq!(shown(&later)[..2], [29, 0]);
        assert_eq!(later.next(people(30), &[], 15_000.0), Order { spoke: vec![], ..silent });
    }

    #[test]
    fn a_raised_hand_stands_before_who_speaks() {
        let mut all = people(30);
        all[25].hand = Some(Timestamp(5));
        let order = Order::default().next(all.clone(), &[], 0.0).next(all, &[member(20)], 1_000.0);
        assert_eq!(shown(&order)[..3], [25, 20, 0]);
    }
}
