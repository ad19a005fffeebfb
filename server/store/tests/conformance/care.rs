//! Members that are looked after: roles, leave, invitations, new passwords.

use crate::db::{Db, T0, after, names};
use domain::{ChannelKind, InviteId, MemberId, ParishId, Role};
use store::{Cared, NewInvite, NewMember, ResetOwner};

async fn role(db: &Db, parish: ParishId, member: MemberId) -> Option<Role> {
    db.store.member_of(parish, member).await.unwrap().map(|member| member.role)
}

async fn a_role_is_changed_unless_the_parish_were_without_an_admin(db: Db) {
    let parish = db.parish().await;
    // An admin elsewhere, or one who is blocked, keeps no parish.
    let elsewhere = db.parish().await;
    db.member_as(elsewhere, "Stranger", Role::Admin).await;
    let blocked = db.member_as(parish, "Blocked", Role::Admin).await;
    db.is_blocked(blocked).await;
    let [anna, bob] = [db.member_as(parish, "Anna", Role::Admin).await, db.member(parish, "Bob").await];
    assert_eq!(db.store.change_role(anna, Role::Member, &[], T0).await.unwrap(), Cared::LastAdmin);
    assert_eq!(db.store.leave_parish(anna, T0).await.unwrap(), Cared::LastAdmin);
    assert_eq!(db.store.change_role(anna, Role::Admin, &[], T0).await.unwrap(), Cared::Done);
    assert_eq!(db.store.change_role(bob, Role::Admin, &[], T0).await.unwrap(), Cared::Done);
    assert_eq!(db.store.change_role(anna, Role::Coordinator, &[], T0).await.unwrap(), Cared::Done);
    assert_eq!(role(&db, parish, anna).await, Some(Role::Coordinator));
    assert_eq!(role(&db, parish, bob).await, Some(Role::Admin));
    assert_eq!(role(&db, elsewhere, bob).await, None);
}

async fn whoever_may_invite_less_from_now_on_has_invited_nobody_as_more(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member_as(parish, "Anna", Role::Admin).await, db.member_as(parish, "Bob", Role::Admin).await];
    let from_the_shell = db.invite(parish, 1).await;
    for (by, role) in [(anna, Role::Admin), (anna, Role::Member), (bob, Role::Admin)] {
        let id = InviteId(db.uuid());
        let token_hash = id.to_string();
        let invite = NewInvite { id, token_hash, role, created_by: Some(by), ..from_the_shell.clone() };
        db.store.insert_invite(&invite).await.unwrap();
    }
    assert_eq!(db.store.change_role(anna, Role::Coordinator, &[Role::Admin], T0).await.unwrap(), Cared::Done);
    let open = db.store.open_invites(parish, T0).await.unwrap();
    let mut open: Vec<_> = open.into_iter().map(|invite| (invite.by, invite.role)).collect();
    open.sort_unstable();
    assert_eq!(open, [(None, Role::Member), (Some(anna), Role::Member), (Some(bob), Role::Admin)]);
}

async fn of_two_admins_who_dismiss_each_other_at_once_one_stays(db: Db) {
    for _ in 0..10 {
        let parish = db.parish().await;
        let [anna, bob] =
            [db.member_as(parish, "Anna", Role::Admin).await, db.member_as(parish, "Bob", Role::Admin).await];
        let (one, other) =
            tokio::join!(db.store.change_role(anna, Role::Member, &[], T0), db.other.leave_parish(bob, T0));
        let mut came = [one.unwrap(), other.unwrap()];
        came.sort_by_key(|cared| *cared != Cared::Done);
        assert_eq!(came, [Cared::Done, Cared::LastAdmin]);
        let members = db.store.members(parish).await.unwrap();
        assert_eq!(members.iter().filter(|member| member.role == Role::Admin).count(), 1);
    }
}

async fn whoever_leaves_is_signed_out_withdrawn_and_leaves_their_login_to_others(db: Db) {
    let parish = db.parish().await;
    let anna = db.member(parish, "Anna").await;
    let login = format!("anna@{anna}");
    let group = db.channel(parish, ChannelKind::Group, &[anna]).await;
    db.store.insert_session("session", anna, T0, after(7_200)).await.unwrap();
    db.store.insert_sign_in_link("link", anna, after(600)).await.unwrap();
    let invite = NewInvite { created_by: Some(anna), token_hash: "hers".into(), ..db.invite(parish, 3).await };
    let invite = NewInvite { id: InviteId(db.uuid()), ..invite };
    db.store.insert_invite(&invite).await.unwrap();

    assert_eq!(db.store.leave_parish(anna, T0).await.unwrap(), Cared::Done);
    assert_eq!(db.store.leave_parish(anna, T0).await.unwrap(), Cared::Gone);
    assert_eq!(db.store.change_role(anna, Role::Admin, &[], T0).await.unwrap(), Cared::Gone);
    assert_eq!(db.store.session("session", T0).await.unwrap(), None);
    assert_eq!(db.store.sign_in_link("link", T0).await.unwrap(), None);
    assert_eq!(db.store.invite("hers", T0).await.unwrap(), None);
    assert_eq!(db.store.channel_members(group).await.unwrap(), []);
    assert_eq!(names(&db.store.former_members(parish).await.unwrap()), ["Anna"]);
    assert!(db.store.credentials(&login).await.unwrap().is_none());
    // What is left of the session is forgotten when there is nothing left to tell that device.
    for (seconds, left) in [(3_599, 1), (3_600, 0)] {
        db.store.delete_expired_sessions(after(seconds)).await.unwrap();
        assert_eq!(db.count("SELECT COUNT(*) FROM sessions").await, left);
    }

    let other = db.invite(parish, 1).await;
    db.store.sign_up(&db.sign_up(&other, &login)).await.unwrap();
}

async fn whoever_stays_elsewhere_keeps_their_login(db: Db) {
    let (first, second) = (db.parish().await, db.parish().await);
    let anna = db.member(first, "Anna").await;
    let newer = MemberId(db.uuid());
    assert!(!db.store.is_elsewhere(anna).await.unwrap());
    db.raw(format!(
        "INSERT INTO members (id, parish_id, person_id, role, created_at)
         SELECT '{newer}', '{second}', person_id, 'member', {} FROM members WHERE id = '{anna}'",
        after(1).0
    ))
    .await;
    assert!(db.store.is_elsewhere(anna).await.unwrap());
    db.store.leave_parish(newer, T0).await.unwrap();
    assert!(!db.store.is_elsewhere(anna).await.unwrap());
    let credentials = db.store.credentials(&format!("anna@{anna}")).await.unwrap();
    assert_eq!(credentials.map(|known| known.member), Some(anna));
}

async fn open_invitations_are_those_that_can_still_be_used_the_newest_first(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    let [old, used, revoked, newest] = [
        db.invite(parish, 2).await,
        db.invite(parish, 1).await,
        db.invite(parish, 1).await,
        db.invite(parish, 5).await,
    ];
    db.invite(elsewhere, 1).await;
    db.store.sign_up(&db.sign_up(&used, "anna")).await.unwrap();
    // Only the parish itself withdraws.
    db.store.revoke_invite(elsewhere, old.id, T0).await.unwrap();
    for _ in 0..2 {
        db.store.revoke_invite(parish, revoked.id, T0).await.unwrap();
    }
    let open = db.store.open_invites(parish, T0).await.unwrap();
    let told: Vec<_> = open.iter().map(|invite| (invite.id, invite.uses_left, invite.by)).collect();
    assert_eq!(told, [(newest.id, 5, None), (old.id, 2, None)]);
    assert_eq!((open[0].role, open[0].expires_at), (Role::Member, after(60)));
    assert_eq!(db.store.open_invites(parish, after(60)).await.unwrap(), []);
    assert_eq!(db.store.invite(&revoked.token_hash, T0).await.unwrap(), None);
}

async fn a_new_password_is_chosen_once_and_ends_whatever_else_signs_in(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let login = format!("anna@{anna}");
    for (member, device) in [(anna, "phone"), (anna, "laptop"), (bob, "bob's")] {
        db.store.insert_session(device, member, T0, after(600)).await.unwrap();
    }
    db.store.insert_sign_in_link("sign in", anna, after(600)).await.unwrap();
    db.store.insert_reset_link("older", anna, after(600)).await.unwrap();
    db.store.insert_reset_link("reset", anna, after(600)).await.unwrap();
    assert_eq!(db.store.reset_link("older", T0).await.unwrap(), None);
    let owner = ResetOwner { name: "Anna".into(), login: Some(login.clone()), parish: "St. Anne".into() };
    for _ in 0..2 {
        assert_eq!(db.store.reset_link("reset", T0).await.unwrap().as_ref(), Some(&owner));
    }
    // Each link does what it is for.
    assert_eq!(db.store.sign_in_by_link("reset", "by reset", T0, after(99)).await.unwrap(), None);
    assert_eq!(db.store.sign_in_link("reset", T0).await.unwrap(), None);
    assert_eq!(db.store.reset_password("sign in", "new", T0).await.unwrap(), None);
    assert_eq!(db.store.reset_password("reset", "new", after(600)).await.unwrap(), None);

    let (one, other) =
        tokio::join!(db.store.reset_password("reset", "new", T0), db.other.reset_password("reset", "new", T0));
    let done: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    let [(member, ended)] = &done[..] else { panic!("one of them: {done:?}") };
    assert_eq!((*member, ended.len()), (anna, 2));
    assert_eq!(db.store.reset_link("reset", T0).await.unwrap(), None);
    let credentials = db.store.credentials(&login).await.unwrap().unwrap();
    assert_eq!(credentials.password_hash.as_deref(), Some("new"));
    for gone in ["phone", "laptop"] {
        assert_eq!(db.store.session(gone, T0).await.unwrap(), None);
    }
    assert!(db.store.session("bob's", T0).await.unwrap().is_some());
    assert_eq!(db.store.sign_in_by_link("sign in", "by sign in", T0, after(99)).await.unwrap(), None);
}

async fn whoever_has_left_chooses_no_password(db: Db) {
    let parish = db.parish().await;
    let new = NewMember {
        person: domain::PersonId(db.uuid()),
        member: MemberId(db.uuid()),
        parish,
        name: "Anna".into(),
        role: Role::Member,
        login: None,
        at: T0,
    };
    db.store.insert_member(&new).await.unwrap();
    db.store.insert_reset_link("reset", new.member, after(600)).await.unwrap();
    assert_eq!(db.store.reset_link("reset", T0).await.unwrap().map(|owner| owner.login), Some(None));
    db.leaves(new.member).await;
    assert_eq!(db.store.reset_link("reset", T0).await.unwrap(), None);
    assert_eq!(db.store.reset_password("reset", "new", T0).await.unwrap(), None);
}

async fn whoever_changes_a_password_or_leaves_at_the_same_moment_waits_for_the_other(db: Db) {
    let parish = db.parish().await;
    for turn in 0..20 {
        let anna = db.member(parish, "Anna").await;
        let [first, second] = ["first", "second"].map(|link| format!("{link} {turn}"));
        db.store.insert_reset_link(&first, anna, after(600)).await.unwrap();
        db.store.reset_password(&first, "old", T0).await.unwrap().unwrap();
        db.store.insert_reset_link(&second, anna, after(600)).await.unwrap();
        let person = db.store.credentials(&format!("anna@{anna}")).await.unwrap().unwrap().person;
        let (changed, reset, left) = tokio::join!(
            db.store.change_password(person, "old", "by hand", ""),
            db.other.reset_password(&second, "by link", T0),
            db.store.leave_parish(anna, T0),
        );
        // Whether they came too late or not, nobody was sent away.
        changed.unwrap();
        reset.unwrap();
        assert_eq!(left.unwrap(), Cared::Done);
        assert_eq!(db.store.password_hash(person).await.unwrap(), None);
    }
}

/// Which of these links for new passwords still lead somewhere.
async fn lead_somewhere<'a>(db: &Db, links: &[&'a str]) -> Vec<&'a str> {
    let mut open = vec![];
    for link in links {
        if db.store.reset_link(link, T0).await.unwrap().is_some() {
            open.push(*link);
        }
    }
    open
}

async fn a_link_for_a_new_password_is_for_who_they_were(db: Db) {
    let parish = db.parish().await;
    db.member_as(parish, "Anna", Role::Admin).await;
    let [bob, clara] = [db.member(parish, "Bob").await, db.member_as(parish, "Clara", Role::Coordinator).await];
    for (link, member) in [("bob's", bob), ("clara's", clara)] {
        db.store.insert_reset_link(link, member, after(600)).await.unwrap();
    }
    db.store.insert_sign_in_link("code", clara, after(600)).await.unwrap();
    assert_eq!(db.store.change_role(clara, Role::Admin, &[], T0).await.unwrap(), Cared::Done);
    // Whoever rises takes nothing from the others.
    assert_eq!(lead_somewhere(&db, &["bob's", "clara's"]).await, ["bob's"]);
    assert_eq!(db.store.reset_password("clara's", "new", T0).await.unwrap(), None);
    assert!(db.store.sign_in_link("code", T0).await.unwrap().is_some());
    assert_eq!(db.store.change_role(bob, Role::Admin, &[], T0).await.unwrap(), Cared::Done);
    assert_eq!(lead_somewhere(&db, &["bob's"]).await, [""; 0]);
}

async fn whoever_leads_less_or_no_more_has_made_no_link_for_a_new_password(db: Db) {
    let (parish, elsewhere) = (db.parish().await, db.parish().await);
    db.member_as(parish, "Anna", Role::Admin).await;
    let [bob, other] = [db.member(parish, "Bob").await, db.member(elsewhere, "Other").await];
    for loses in ["admin", "role", "block", "parish", "account"] {
        let from = if loses == "admin" { Role::Admin } else { Role::Coordinator };
        let clara = db.member_as(parish, "Clara", from).await;
        let [used, kept, others] = ["used", "kept", "others"].map(|link| format!("{link} {loses}"));
        db.store.insert_reset_link(&used, bob, after(600)).await.unwrap();
        db.store.reset_password(&used, "new", T0).await.unwrap().unwrap();
        db.store.insert_reset_link(&kept, bob, after(600)).await.unwrap();
        db.store.insert_reset_link(&others, other, after(600)).await.unwrap();
        match loses {
            "admin" => drop(db.store.change_role(clara, Role::Coordinator, &[], T0).await.unwrap()),
            "role" => drop(db.store.change_role(clara, Role::Member, &[], T0).await.unwrap()),
            "block" => db.store.block_member(clara, Some(T0)).await.unwrap(),
            "parish" => drop(db.store.leave_parish(clara, T0).await.unwrap()),
            _ => {
                let person = db.store.credentials(&format!("clara@{clara}")).await.unwrap().unwrap().person;
                db.store.delete_person(person, T0).await.unwrap();
            }
        }
        assert_eq!(lead_somewhere(&db, &[&kept, &others]).await, [&others], "{loses}");
        assert_eq!(db.store.reset_password(&kept, "new", T0).await.unwrap(), None, "{loses}");
    }
}

async fn whoever_led_nothing_takes_no_link_of_others_along(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member_as(parish, "Anna", Role::Admin).await, db.member(parish, "Bob").await];
    let [blocked, gone] = [db.member(parish, "Blocked").await, db.member(parish, "Gone").await];
    db.store.insert_reset_link("bob's", bob, after(600)).await.unwrap();
    db.store.block_member(blocked, Some(T0)).await.unwrap();
    db.store.leave_parish(gone, T0).await.unwrap();
    // The last admin stays what they are, and so does all else.
    assert_eq!(db.store.change_role(anna, Role::Member, &[], T0).await.unwrap(), Cared::LastAdmin);
    assert_eq!(db.store.leave_parish(anna, T0).await.unwrap(), Cared::LastAdmin);
    assert_eq!(lead_somewhere(&db, &["bob's"]).await, ["bob's"]);
}

on_both_engines![
    whoever_changes_a_password_or_leaves_at_the_same_moment_waits_for_the_other,
    a_link_for_a_new_password_is_for_who_they_were,
    whoever_leads_less_or_no_more_has_made_no_link_for_a_new_password,
    whoever_led_nothing_takes_no_link_of_others_along,
    whoever_may_invite_less_from_now_on_has_invited_nobody_as_more,
    a_role_is_changed_unless_the_parish_were_without_an_admin,
    of_two_admins_who_dismiss_each_other_at_once_one_stays,
    whoever_leaves_is_signed_out_withdrawn_and_leaves_their_login_to_others,
    whoever_stays_elsewhere_keeps_their_login,
    open_invitations_are_those_that_can_still_be_used_the_newest_first,
    a_new_password_is_chosen_once_and_ends_whatever_else_signs_in,
    whoever_has_left_chooses_no_password,
];
