//! Quiet hours, and the clock of a parish.

use crate::db::{Db, T0};
use domain::{ChannelKind, QuietHours, WallTime};
use store::Rest;

fn hours(from: u16, until: u16) -> QuietHours {
    QuietHours::new(WallTime::of(from, 30).unwrap(), WallTime::of(until, 0).unwrap()).unwrap()
}

async fn quiet_hours_are_kept_changed_and_given_up(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let elsewhere = db.parish().await;
    let zoe = db.member(elsewhere, "Zoe").await;
    assert_eq!(db.store.quiet_hours_of(anna).await.unwrap(), (None, String::new()));
    for (member, hours) in [(anna, hours(1, 2)), (anna, hours(22, 7)), (bob, hours(13, 14)), (zoe, hours(0, 6))] {
        db.store.set_quiet_hours(member, Some(hours)).await.unwrap();
    }
    db.store.set_time_zone(parish, "Europe/Warsaw").await.unwrap();
    let rest = |member, hours| Rest { member, hours, time_zone: "Europe/Warsaw".to_owned() };
    assert_eq!(db.other.quiet_hours_of(anna).await.unwrap(), (Some(hours(22, 7)), "Europe/Warsaw".to_owned()));
    assert_eq!(db.other.quiet_hours_of(zoe).await.unwrap(), (Some(hours(0, 6)), String::new()));
    assert_eq!(db.store.quiet_hours(parish).await.unwrap(), [rest(anna, hours(22, 7)), rest(bob, hours(13, 14))]);
    db.store.set_quiet_hours(anna, None).await.unwrap();
    assert_eq!(db.store.quiet_hours(parish).await.unwrap(), [rest(bob, hours(13, 14))]);
    db.store.leave_parish(bob, T0).await.unwrap();
    assert_eq!(db.store.quiet_hours(parish).await.unwrap(), [], "who has left is not rung anyway");
}

async fn who_is_told_of_a_message_is_known_with_their_quiet_hours(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let message = db.says(anna, channel, "hello").await;
    let message = db.store.message(message).await.unwrap().unwrap();
    assert_eq!(db.store.has_not_read(&message).await.unwrap()[0].rest, None);
    db.store.set_quiet_hours(bob, Some(hours(22, 7))).await.unwrap();
    db.store.set_time_zone(parish, "Europe/Warsaw").await.unwrap();
    let rest = Rest { member: bob, hours: hours(22, 7), time_zone: "Europe/Warsaw".to_owned() };
    assert_eq!(db.store.has_not_read(&message).await.unwrap()[0].rest, Some(rest));
}

on_both_engines![quiet_hours_are_kept_changed_and_given_up, who_is_told_of_a_message_is_known_with_their_quiet_hours,];
