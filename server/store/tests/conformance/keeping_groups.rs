//! Groups, for those who keep them.

use crate::db::{Db, T0};
use domain::{ChannelId, ChannelKind, Group, GroupChange, Role};

async fn groups_are_listed_by_name_with_whoever_has_not_left_the_parish(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let [anna, bob, left] =
        [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Left").await];
    for (name, members) in [("Youth", vec![bob, anna, left]), ("choir", vec![])] {
        let mut group = db.new_channel(parish, ChannelKind::Group, &members);
        group.name = name.into();
        db.store.insert_channel(&group).await.unwrap();
    }
    db.channel(parish, ChannelKind::Parish, &[]).await;
    db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    db.channel(elsewhere, ChannelKind::Group, &[]).await;
    db.leaves(left).await;
    let groups = db.store.groups(parish).await.unwrap();
    let told: Vec<_> = groups.iter().map(|group| (&*group.name, group.members.clone())).collect();
    assert_eq!(told, [("choir", vec![]), ("Youth", vec![anna, bob])]);
}

async fn a_group_is_renamed_opened_and_closed_and_people_come_and_go(db: Db) {
    let parish = db.parish().await;
    let leader = db.member_as(parish, "Leader", Role::Coordinator).await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let id = db.channel(parish, ChannelKind::Group, &[anna]).await;
    db.says(anna, id, "before").await;
    let change = async |change| db.store.change_group(parish, id, &change, T0).await.unwrap();
    let now = async || db.store.groups(parish).await.unwrap().remove(0);

    assert_eq!(change(GroupChange::Rename("Choir".into())).await, Some(vec![leader, anna]));
    change(GroupChange::AnnouncementsOnly(true)).await;
    for _ in 0..2 {
        assert_eq!(change(GroupChange::Add(vec![bob])).await, Some(vec![leader, anna, bob]));
    }
    let name = "Choir".to_owned();
    assert_eq!(now().await, Group { id, name, announcements_only: true, members: vec![anna, bob] });
    // What was said before they came is not news to them.
    assert_eq!(db.store.unread(bob).await.unwrap(), [(id, 0)]);

    change(GroupChange::AnnouncementsOnly(false)).await;
    // Whoever was put out is told as well.
    for told in [vec![leader, anna, bob], vec![leader, bob]] {
        assert_eq!(change(GroupChange::Remove(anna)).await, Some(told));
    }
    assert_eq!((now().await.announcements_only, now().await.members), (false, vec![bob]));
    assert_eq!(db.store.membership(anna, id).await.unwrap(), None);
}

async fn nobody_from_outside_the_parish_gets_into_a_group_and_no_other_channel_is_changed(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let (left, stranger) = (db.member(parish, "Left").await, db.member(elsewhere, "Stranger").await);
    db.leaves(left).await;
    let group = db.channel(parish, ChannelKind::Group, &[anna]).await;
    let add = GroupChange::Add(vec![left, stranger]);
    db.store.change_group(parish, group, &add, T0).await.unwrap().unwrap();
    assert_eq!(db.store.channel_members(group).await.unwrap(), [anna]);

    let direct = db.channel(parish, ChannelKind::Direct, &[anna, bob]).await;
    let everybody = db.channel(parish, ChannelKind::Parish, &[]).await;
    for (parish, channel) in [(elsewhere, group), (parish, direct), (parish, everybody), (parish, ChannelId(db.uuid()))]
    {
        for change in [
            GroupChange::Rename("Mine".into()),
            GroupChange::AnnouncementsOnly(true),
            GroupChange::Add(vec![bob]),
            GroupChange::Remove(anna),
        ] {
            assert_eq!(db.store.change_group(parish, channel, &change, T0).await.unwrap(), None);
        }
    }
    assert_eq!(db.store.channel_members(direct).await.unwrap(), [anna, bob]);
    assert_eq!(db.store.channel_members(group).await.unwrap(), [anna]);
}

on_both_engines![
    groups_are_listed_by_name_with_whoever_has_not_left_the_parish,
    a_group_is_renamed_opened_and_closed_and_people_come_and_go,
    nobody_from_outside_the_parish_gets_into_a_group_and_no_other_channel_is_changed,
];
