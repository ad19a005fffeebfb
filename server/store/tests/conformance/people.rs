//! Parishes, members, invites, credentials.

use crate::db::{Db, T0, after, names};
use domain::{ChannelKind, MemberId, ParishId, PersonId, Role};
use store::{NewMember, NewParish, SignUpError, StoreError};

async fn parishes_are_listed_by_name(db: Db) {
    for name in ["st. Zita", "St. Anne"] {
        db.store.insert_parish(&NewParish { id: ParishId(db.uuid()), name: name.into(), at: T0 }).await.unwrap();
    }
    let parishes = db.store.parishes().await.unwrap();
    assert_eq!(parishes.iter().map(|parish| &*parish.name).collect::<Vec<_>>(), ["St. Anne", "st. Zita"]);
}

async fn members_are_those_of_the_parish_who_neither_left_nor_are_blocked_by_name(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    db.member_as(parish, "zofia", Role::Admin).await;
    let anna = db.member(parish, "Anna").await;
    db.leaves(db.member(parish, "Left").await).await;
    db.is_blocked(db.member(parish, "Blocked").await).await;
    db.member(elsewhere, "Stranger").await;
    let members = db.store.members(parish).await.unwrap();
    assert_eq!(names(&members), ["Anna", "zofia"]);
    assert_eq!((members[0].id, members[0].role, members[1].role), (anna, Role::Member, Role::Admin));
}

async fn members_come_with_their_login_if_they_have_one(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let (person, member) = (PersonId(db.uuid()), MemberId(db.uuid()));
    let new = NewMember { person, member, parish, name: "Bob".into(), role: Role::Member, login: None, at: T0 };
    db.store.insert_member(&new).await.unwrap();
    let logins = db.store.members_with_login(parish).await.unwrap();
    let logins: Vec<_> = logins.into_iter().map(|(member, login)| (member.id, login)).collect();
    assert_eq!(logins, [(anna, Some(format!("anna@{anna}"))), (member, None)]);
}

async fn signing_up_makes_a_member_with_the_role_of_the_invite_in_every_parish_channel(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let everybody = db.channel(parish, ChannelKind::Parish, &[]).await;
    db.channel(parish, ChannelKind::Group, &[]).await;
    db.channel(elsewhere, ChannelKind::Parish, &[]).await;
    let invite = db.invite(parish, 1).await;
    db.raw("UPDATE invites SET role = 'coordinator'").await;

    let seen = db.store.invite(&invite.token_hash, T0).await.unwrap().unwrap();
    assert_eq!((seen.id, seen.parish, &*seen.parish_name), (invite.id, parish, "St. Anne"));
    assert_eq!(seen.role, Role::Coordinator);

    let new = db.sign_up(&invite, "anna@example.org");
    assert_eq!(db.store.sign_up(&new).await.unwrap(), parish);
    let members = db.store.members(parish).await.unwrap();
    assert_eq!((members[0].id, members[0].role), (new.member, Role::Coordinator));
    let channels = db.store.channels_of(new.member).await.unwrap();
    assert_eq!(channels.iter().map(|channel| channel.id).collect::<Vec<_>>(), [everybody]);
    let credentials = db.store.credentials("anna@example.org").await.unwrap().unwrap();
    assert_eq!((credentials.person, credentials.member), (new.person, new.member));
    assert_eq!(credentials.password_hash.as_deref(), Some("$argon2id$…"));
    assert_eq!(db.store.invite(&invite.token_hash, T0).await.unwrap(), None);
}

async fn what_was_said_before_somebody_came_is_not_news_to_them(db: Db) {
    let parish = db.parish().await;
    let everybody = db.channel(parish, ChannelKind::Parish, &[]).await;
    let anna = db.member(parish, "Anna").await;
    db.says(anna, everybody, "before").await;
    let bob = db.member(parish, "Bob").await;
    assert_eq!(db.store.unread(bob).await.unwrap(), [(everybody, 0)]);
    db.says(anna, everybody, "after").await;
    assert_eq!(db.store.unread(bob).await.unwrap(), [(everybody, 1)]);
    assert_eq!(db.store.messages(bob, everybody, None, 9).await.unwrap().len(), 2);
}

async fn an_invite_that_is_used_up_expired_revoked_or_unknown_opens_nothing(db: Db) {
    let parish = db.parish().await;
    let [used, expired, revoked, unknown] = [
        db.invite(parish, 0).await,
        db.invite(parish, 1).await,
        db.invite(parish, 1).await,
        db.invite(parish, 1).await,
    ];
    db.raw(format!("UPDATE invites SET expires_at = {} WHERE id = '{}'", T0.0, expired.id)).await;
    db.raw(format!("UPDATE invites SET revoked_at = {} WHERE id = '{}'", T0.0, revoked.id)).await;
    db.raw(format!("DELETE FROM invites WHERE id = '{}'", unknown.id)).await;
    for invite in [used, expired, revoked, unknown] {
        assert_eq!(db.store.invite(&invite.token_hash, T0).await.unwrap(), None);
        let refused = db.store.sign_up(&db.sign_up(&invite, "anna")).await;
        assert!(matches!(refused, Err(SignUpError::InviteGone)), "{refused:?}");
    }
    assert_eq!(db.count("SELECT COUNT(*) FROM persons").await, 0);
}

async fn a_taken_login_spends_no_use_of_the_invite(db: Db) {
    let parish = db.parish().await;
    let invite = db.invite(parish, 2).await;
    db.store.sign_up(&db.sign_up(&invite, "anna")).await.unwrap();
    let refused = db.store.sign_up(&db.sign_up(&invite, "anna")).await;
    assert!(matches!(refused, Err(SignUpError::LoginTaken)), "{refused:?}");
    db.store.sign_up(&db.sign_up(&invite, "anna2")).await.unwrap();
    assert_eq!(db.count("SELECT COUNT(*) FROM members").await, 2);
    assert_eq!(db.count("SELECT uses_left FROM invites").await, 0);
}

async fn any_number_of_people_have_no_login_but_no_two_the_same(db: Db) {
    let parish = db.parish().await;
    let new = |login: Option<&str>| NewMember {
        person: PersonId(db.uuid()),
        member: MemberId(db.uuid()),
        parish,
        name: "Anna".into(),
        role: Role::Member,
        login: login.map(str::to_owned),
        at: T0,
    };
    db.store.insert_member(&new(None)).await.unwrap();
    db.store.insert_member(&new(None)).await.unwrap();
    db.store.insert_member(&new(Some("anna"))).await.unwrap();
    assert!(matches!(db.store.insert_member(&new(Some("anna"))).await, Err(StoreError::Conflict)));
    assert_eq!(db.count("SELECT COUNT(*) FROM members").await, 3);
}

async fn credentials_lead_to_the_newest_membership_that_was_not_left(db: Db) {
    let (first, second) = (db.parish().await, db.parish().await);
    let anna = db.member(first, "Anna").await;
    let login = format!("anna@{anna}");
    let newer = MemberId(db.uuid());
    db.raw(format!(
        "INSERT INTO members (id, parish_id, person_id, role, created_at)
         SELECT '{newer}', '{second}', person_id, 'member', {} FROM members WHERE id = '{anna}'",
        after(1).0
    ))
    .await;
    let member = async || db.store.credentials(&login).await.unwrap().map(|credentials| credentials.member);
    assert_eq!(member().await, Some(newer));
    db.leaves(newer).await;
    assert_eq!(member().await, Some(anna));
    db.leaves(anna).await;
    assert_eq!(member().await, None);
    assert!(db.store.credentials("nobody").await.unwrap().is_none());
}

async fn whoever_leaves_the_parish_or_is_blocked_is_not_among_its_members(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    db.store.block_member(anna, Some(T0)).await.unwrap();
    assert_eq!(db.store.channel_members(channel).await.unwrap(), [bob]);
    db.store.block_member(anna, None).await.unwrap();
    assert_eq!(db.store.channel_members(channel).await.unwrap(), [anna, bob]);
    db.store.leave_parish(anna, T0).await.unwrap();
    assert_eq!(names(&db.store.members(parish).await.unwrap()), ["Bob"]);
    db.store.leave_channel(bob, channel).await.unwrap();
    db.store.leave_channel(bob, channel).await.unwrap();
    assert_eq!(db.store.channel_members(channel).await.unwrap(), []);
}

async fn a_language_is_chosen_once_by_signing_in_and_anew_by_choosing_another(db: Db) {
    let parish = db.parish().await;
    let (anna, bob) = (db.member(parish, "Anna").await, db.member(parish, "Bob").await);
    db.store.insert_session("hash", anna, T0, after(10)).await.unwrap();
    let of_session = async || db.store.session("hash", T0).await.unwrap().unwrap().locale;
    assert_eq!(of_session().await, None);
    assert_eq!(db.store.locale_or(anna, "es").await.unwrap(), "es");
    assert_eq!(db.store.locale_or(anna, "pl").await.unwrap(), "es");
    assert_eq!(of_session().await.as_deref(), Some("es"));
    db.store.set_locale(anna, "pl").await.unwrap();
    assert_eq!(db.store.locale_or(anna, "es").await.unwrap(), "pl");
    assert_eq!(of_session().await.as_deref(), Some("pl"));
    assert_eq!(db.store.locale_of(bob).await.unwrap(), "", "nobody else's");
}

on_both_engines![
    a_language_is_chosen_once_by_signing_in_and_anew_by_choosing_another,
    whoever_leaves_the_parish_or_is_blocked_is_not_among_its_members,
    parishes_are_listed_by_name,
    members_are_those_of_the_parish_who_neither_left_nor_are_blocked_by_name,
    members_come_with_their_login_if_they_have_one,
    signing_up_makes_a_member_with_the_role_of_the_invite_in_every_parish_channel,
    what_was_said_before_somebody_came_is_not_news_to_them,
    an_invite_that_is_used_up_expired_revoked_or_unknown_opens_nothing,
    a_taken_login_spends_no_use_of_the_invite,
    any_number_of_people_have_no_login_but_no_two_the_same,
    credentials_lead_to_the_newest_membership_that_was_not_left,
];
