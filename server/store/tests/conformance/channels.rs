//! Channels and who is in them.

use crate::db::{Db, T0};
use domain::{ChannelId, ChannelKind};
use store::{ChannelRow, Membership, StoreError};

async fn a_parish_channel_has_every_member_whatever_list_was_given(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let left = db.member(parish, "Left").await;
    db.leaves(left).await;
    let stranger = db.member(elsewhere, "Stranger").await;
    let channel = db.channel(parish, ChannelKind::Parish, &[stranger]).await;
    assert_eq!(db.store.channel_members(channel).await.unwrap(), [anna, bob]);
    assert_eq!(db.store.membership(stranger, channel).await.unwrap(), None);
}

async fn whoever_becomes_a_member_later_is_in_the_parish_channel_too(db: Db) {
    let parish = db.parish().await;
    let channel = db.channel(parish, ChannelKind::Parish, &[]).await;
    let group = db.channel(parish, ChannelKind::Group, &[]).await;
    let anna = db.member(parish, "Anna").await;
    assert_eq!(db.store.channel_members(channel).await.unwrap(), [anna]);
    assert_eq!(db.store.channel_members(group).await.unwrap(), []);
}

async fn a_direct_channel_bears_the_name_of_the_other(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let channel = db.channel(parish, ChannelKind::Direct, &[bob, anna]).await;
    let seen = db.seen(anna, channel).await;
    assert_eq!((&*seen.name, seen.other.map(|other| other.id)), ("Bob", Some(bob)));
    let seen = db.seen(bob, channel).await;
    assert_eq!((&*seen.name, seen.other.map(|other| other.id)), ("Anna", Some(anna)));
}

async fn two_members_have_one_direct_channel_found_from_either_side(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    assert_eq!(db.store.direct_channel(anna, bob).await.unwrap(), None);
    let channel = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    let again = db.store.insert_channel(&db.new_channel(parish, ChannelKind::Direct, &[bob, anna])).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(db.store.direct_channel(anna, bob).await.unwrap(), Some(channel));
    assert_eq!(db.store.direct_channel(bob, anna).await.unwrap(), Some(channel));
}

async fn a_direct_channel_is_between_two(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    for members in [&[][..], &[anna], &[anna, anna]] {
        let refused = db.store.insert_channel(&db.new_channel(parish, ChannelKind::Direct, members)).await;
        assert!(matches!(refused, Err(StoreError::Inconsistent { table: "channels", .. })), "{refused:?}");
    }
    assert_eq!(db.count("SELECT COUNT(*) FROM channels").await, 0);
}

async fn nobody_from_outside_the_parish_gets_into_a_channel(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let anna = db.member(parish, "Anna").await;
    let left = db.member(parish, "Left").await;
    db.leaves(left).await;
    let stranger = db.member(elsewhere, "Stranger").await;
    for other in [stranger, left] {
        for kind in [ChannelKind::Group, ChannelKind::Direct] {
            let refused = db.store.insert_channel(&db.new_channel(parish, kind, &[anna, other])).await;
            assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
        }
    }
    assert_eq!(db.count("SELECT COUNT(*) FROM channels").await, 0);
    assert_eq!(db.count("SELECT COUNT(*) FROM channel_members").await, 0);
}

async fn channels_are_listed_parish_first_then_groups_then_people_each_by_name(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "bob").await;
    let cecilia = db.member(parish, "Cecilia").await;
    db.channel(parish, ChannelKind::Direct, &[anna, cecilia]).await;
    db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    for name in ["Youth", "choir"] {
        let mut group = db.new_channel(parish, ChannelKind::Group, &[anna]);
        group.name = name.into();
        db.store.insert_channel(&group).await.unwrap();
    }
    let mut everybody = db.new_channel(parish, ChannelKind::Parish, &[]);
    everybody.announcements_only = true;
    db.store.insert_channel(&everybody).await.unwrap();
    db.channel(parish, ChannelKind::Group, &[bob]).await;

    let channels = db.store.channels_of(anna).await.unwrap();
    let names: Vec<_> = channels.iter().map(|channel| &*channel.name).collect();
    assert_eq!(names, ["Parish", "choir", "Youth", "bob", "Cecilia"]);
    let announcements: Vec<_> = channels.iter().map(|channel| channel.announcements_only).collect();
    assert_eq!(announcements, [true, false, false, false, false]);
    for channel in &channels {
        let ChannelRow { kind, announcements_only, .. } = *channel;
        let membership = db.store.membership(anna, channel.id).await.unwrap();
        assert_eq!(membership, Some(Membership { kind, announcements_only }));
    }
}

async fn those_outside_a_channel_and_those_who_left_see_nothing_of_it(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let outsider = db.member(parish, "Outsider").await;
    let group = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let said = db.says(anna, group, "hello").await;

    db.leaves(db.member(parish, "Left").await).await;
    for nobody in [outsider, anna] {
        if nobody == anna {
            db.leaves(anna).await;
        }
        assert_eq!(db.store.channels_of(nobody).await.unwrap(), []);
        assert_eq!(db.store.membership(nobody, group).await.unwrap(), None);
        assert_eq!(db.store.messages(nobody, group, None, 9).await.unwrap(), []);
        assert_eq!(db.store.unread(nobody).await.unwrap(), []);
    }
    assert!(!db.store.mark_read(outsider, group, said, T0).await.unwrap());
    assert_eq!(db.store.membership(outsider, ChannelId(db.uuid())).await.unwrap(), None);
}

async fn those_who_left_or_are_blocked_do_not_count_as_members_of_a_channel(db: Db) {
    let parish = db.parish().await;
    let [anna, blocked, left] =
        [db.member(parish, "Anna").await, db.member(parish, "Blocked").await, db.member(parish, "Left").await];
    let group = db.channel(parish, ChannelKind::Group, &[anna, blocked, left]).await;
    db.is_blocked(blocked).await;
    db.leaves(left).await;
    assert_eq!(db.store.channel_members(group).await.unwrap(), [anna]);
    assert!(db.store.membership(blocked, group).await.unwrap().is_some());
}

async fn deleting_a_channel_deletes_its_calls_and_messages(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let bob = db.member(parish, "Bob").await;
    let group = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let stays = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    db.says(anna, group, "hello").await;
    let call = db.call(group, &[anna, bob]).await;
    db.change(call.id, crate::db::leave(anna), T0).await;
    let other = db.call(stays, &[anna, bob]).await;
    db.raw(format!("DELETE FROM channels WHERE id = '{group}'")).await;
    assert_eq!(db.store.call(call.id).await.unwrap(), None);
    assert_eq!(db.store.call(other.id).await.unwrap(), Some(other));
    assert_eq!(db.count("SELECT COUNT(*) FROM participants").await, 2);
    assert_eq!(db.count("SELECT COUNT(*) FROM messages").await, 0);
}

on_both_engines![
    a_parish_channel_has_every_member_whatever_list_was_given,
    whoever_becomes_a_member_later_is_in_the_parish_channel_too,
    a_direct_channel_bears_the_name_of_the_other,
    two_members_have_one_direct_channel_found_from_either_side,
    a_direct_channel_is_between_two,
    nobody_from_outside_the_parish_gets_into_a_channel,
    channels_are_listed_parish_first_then_groups_then_people_each_by_name,
    those_outside_a_channel_and_those_who_left_see_nothing_of_it,
    those_who_left_or_are_blocked_do_not_count_as_members_of_a_channel,
    deleting_a_channel_deletes_its_calls_and_messages,
];
