//! Stories of those who look after a parish: who comes in, who goes, who belongs to which group.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::{World, tap};
use backend::{Actor, Error, Next, Subscription};
use domain::text::Field;
use domain::{ChannelKind, Event, GroupChange, HandedOut, Language, Role};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DAY: Duration = Duration::from_secs(60 * 60 * 24);

/// The admin, the coordinator, and one who leads nothing.
fn roles(world: &World) -> [Actor; 3] {
    ["Anna", "Clara", "Ben"].map(|name| world.actor(name))
}

fn secret(handed: &HandedOut) -> &str {
    handed.address.rsplit(['/', '=']).next().unwrap()
}

/// Waits until a page is told to ask for the parish again.
async fn is_told_to_reload(page: &mut Subscription) {
    while page.next().await != Next::Event(Event::Community) {}
}

#[tokio::test]
async fn an_invitation_lets_so_many_in_for_so_long_with_the_role_it_names() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    let handed = world.backend.create_invite(&clara, Role::Coordinator, 2, 7).await.unwrap();
    assert!(handed.address.contains("/join/") && handed.qr.side > 20 && handed.qr.path.starts_with('M'));
    let [open] = &world.backend.invites(&clara).await.unwrap()[..] else { panic!("one invitation") };
    assert_eq!((open.role, open.uses_left, open.by), (Role::Coordinator, 2, Some(clara.member())));
    assert_eq!(open.expires_at, world.now() + DAY * 7);

    let mut page = world.backend.subscribe(&ben);
    let session =
        world.backend.sign_up(secret(&handed), "Felix", "felix", "long enough", Language::English, HERE).await.unwrap();
    is_told_to_reload(&mut page).await;
    let felix = world.backend.authenticate(&session.secret).await.unwrap().unwrap();
    // Who was invited as a coordinator may do what one may.
    assert_eq!(world.backend.invites(&felix).await.unwrap()[0].uses_left, 1);
    world.backend.revoke_invite(&felix, open.id).await.unwrap();
    let late = world.backend.sign_up(secret(&handed), "Gina", "gina", "long enough", Language::English, HERE).await;
    assert!(matches!(late, Err(Error::LinkGone)));
    assert_eq!(world.backend.invites(&anna).await.unwrap(), []);
}

#[tokio::test]
async fn nobody_invites_above_their_own_role_or_without_bounds() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    for (who, role) in [(&ben, Role::Member), (&clara, Role::Admin)] {
        assert!(matches!(world.backend.create_invite(who, role, 1, 1).await, Err(Error::Forbidden)));
    }
    for (uses, days) in [(0, 1), (501, 1), (1, 0), (1, 91)] {
        let refused = world.backend.create_invite(&anna, Role::Member, uses, days).await;
        assert!(matches!(refused, Err(Error::Invalid(Field::Invite))), "{uses} {days}");
    }
    // What a coordinator could not have made, they neither see nor withdraw.
    world.backend.create_invite(&anna, Role::Admin, 1, 1).await.unwrap();
    let [open] = &world.backend.invites(&anna).await.unwrap()[..] else { panic!("one invitation") };
    assert_eq!(world.backend.invites(&clara).await.unwrap(), []);
    assert!(matches!(world.backend.revoke_invite(&clara, open.id).await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.invites(&ben).await, Err(Error::Forbidden)));
    assert_eq!(world.backend.invites(&anna).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_admin_changes_roles_and_never_the_last_admins() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    assert!(matches!(world.backend.change_role(&clara, ben.member(), Role::Coordinator).await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.change_role(&anna, anna.member(), Role::Member).await, Err(Error::LastAdmin)));
    assert!(matches!(world.backend.leave_parish(&anna).await, Err(Error::LastAdmin)));
    let mut page = world.backend.subscribe(&ben);
    world.backend.change_role(&anna, ben.member(), Role::Admin).await.unwrap();
    is_told_to_reload(&mut page).await;
    // It counts from the next request on.
    let ben = world.backend.authenticate(world.session("Ben")).await.unwrap().unwrap();
    world.backend.change_role(&ben, anna.member(), Role::Member).await.unwrap();
    let anna = world.backend.authenticate(world.session("Anna")).await.unwrap().unwrap();
    assert!(matches!(world.backend.change_role(&anna, ben.member(), Role::Member).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn whoever_is_removed_is_out_of_their_call_and_their_pages_at_once_and_what_they_said_stays_theirs() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    world.backend.post_message(&ben, choir, "I was here", None).await.unwrap();
    let id = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.backend.answer_call(&clara, id, tap()).await.unwrap();
    assert!(matches!(world.backend.remove_member(&clara, ben.member()).await, Err(Error::Forbidden)));

    let (mut his, mut hers) = (world.backend.subscribe(&ben), world.backend.subscribe(&clara));
    world.backend.remove_member(&anna, ben.member()).await.unwrap();
    is_told_to_reload(&mut his).await;
    is_told_to_reload(&mut hers).await;
    assert_eq!(world.backend.authenticate(world.session("Ben")).await.unwrap(), None);
    assert!(!world.call(id).await.is_connected(ben.member()) && world.call(id).await.is_connected(clara.member()));
    let community = world.backend.community(&clara).await.unwrap();
    assert!(community.members.iter().all(|member| member.id != ben.member()));
    assert_eq!(community.former.iter().map(|member| &*member.name).collect::<Vec<_>>(), ["Ben Carter"]);
    assert!(matches!(world.backend.remove_member(&anna, ben.member()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn whoever_leaves_comes_back_by_an_invitation_only() {
    let world = World::new().await;
    let [anna, _, ben] = roles(&world);
    world.backend.leave_parish(&ben).await.unwrap();
    assert_eq!(world.backend.authenticate(world.session("Ben")).await.unwrap(), None);
    let handed = world.backend.create_invite(&anna, Role::Member, 1, 1).await.unwrap();
    // What signed him in is his again.
    world.backend.sign_up(secret(&handed), "Ben Carter", "ben", "long enough", Language::English, HERE).await.unwrap();
    world.backend.sign_in("ben", "long enough", Language::English, HERE).await.unwrap();
}

#[tokio::test]
async fn a_new_password_signs_in_here_and_out_everywhere_else() {
    let world = World::new().await;
    let [_, clara, ben] = roles(&world);
    let laptop = world.another_device("Ben").await;
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&laptop, channel, vec![], tap()).await.unwrap().call.id;
    let older = world.backend.reset_link(&clara, ben.member()).await.unwrap();
    let handed = world.backend.reset_link(&clara, ben.member()).await.unwrap();
    assert!(handed.address.contains("/sign-in/password?token="), "{}", handed.address);
    assert!(matches!(world.backend.reset_owner(secret(&older), HERE).await, Err(Error::LinkGone)));
    let owner = world.backend.reset_owner(secret(&handed), HERE).await.unwrap();
    assert_eq!((&*owner.name, owner.login.as_deref()), ("Ben Carter", Some("ben")));
    let short = world.backend.reset_password(secret(&handed), "short", Language::English, HERE).await;
    assert!(matches!(short, Err(Error::Invalid(Field::Password))));

    let mut page = world.backend.subscribe(&ben);
    let session = world.backend.reset_password(secret(&handed), "a new one", Language::English, HERE).await.unwrap();
    is_told_to_reload(&mut page).await;
    assert_eq!(world.backend.authenticate(world.session("Ben")).await.unwrap(), None);
    let signed_in = world.backend.authenticate(&session.secret).await.unwrap().unwrap();
    assert_eq!(signed_in.member(), ben.member());
    assert!(!world.call(id).await.is_connected(ben.member()));
    world.backend.sign_in("ben", "a new one", Language::English, HERE).await.unwrap();
    let again = world.backend.reset_password(secret(&handed), "yet another", Language::English, HERE).await;
    assert!(matches!(again, Err(Error::LinkGone)));
}

#[tokio::test]
async fn a_link_for_a_new_password_lasts_a_day_and_is_not_for_whoever_is_above() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    for (who, whom) in [(&ben, &clara), (&ben, &anna), (&clara, &anna)] {
        assert!(matches!(world.backend.reset_link(who, whom.member()).await, Err(Error::Forbidden)));
    }
    let handed = world.backend.reset_link(&anna, clara.member()).await.unwrap();
    world.pass(DAY);
    assert!(matches!(world.backend.reset_owner(secret(&handed), HERE).await, Err(Error::LinkGone)));
    let handed = world.backend.reset_link_for("ANNA").await.unwrap();
    world.backend.reset_password(secret(&handed), "a new one", Language::English, HERE).await.unwrap();
    assert!(matches!(world.backend.reset_link_for("nobody").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_link_for_a_new_password_is_not_kept_until_its_member_is_above() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    let handed = world.backend.reset_link(&clara, ben.member()).await.unwrap();
    world.backend.change_role(&anna, ben.member(), Role::Admin).await.unwrap();
    assert!(matches!(world.backend.reset_owner(secret(&handed), HERE).await, Err(Error::LinkGone)));
    let late = world.backend.reset_password(secret(&handed), "a new one", Language::English, HERE).await;
    assert!(matches!(late, Err(Error::LinkGone)));
}

#[tokio::test]
async fn whoever_leads_no_more_takes_over_no_account_by_a_link_that_they_kept() {
    for what in ["role", "blocked", "parish"] {
        let world = World::new().await;
        let [anna, clara, ben] = roles(&world);
        let kept = world.backend.reset_link(&clara, ben.member()).await.unwrap();
        match what {
            "role" => world.backend.change_role(&anna, clara.member(), Role::Member).await.unwrap(),
            "parish" => world.backend.remove_member(&anna, clara.member()).await.unwrap(),
            _ => world.takes_away(what, clara.member()).await,
        }
        let late = world.backend.reset_password(secret(&kept), "a new one", Language::English, HERE).await;
        assert!(matches!(late, Err(Error::LinkGone)), "{what}");
        // Whoever still leads makes another.
        let handed = world.backend.reset_link(&anna, ben.member()).await.unwrap();
        world.backend.reset_password(secret(&handed), "a new one", Language::English, HERE).await.unwrap();
    }
}

#[tokio::test]
async fn a_coordinator_makes_a_group_and_everybody_in_it_learns_of_it_and_is_called() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    let mut page = world.backend.subscribe(&ben);
    let group = world.backend.create_group(&clara, " Youth ", &[ben.member(), ben.member()]).await.unwrap();
    is_told_to_reload(&mut page).await;
    let of = async |who: &Actor| {
        let channels = world.backend.community(who).await.unwrap().channels;
        channels.into_iter().find(|channel| channel.id == group)
    };
    let seen = of(&ben).await.unwrap();
    assert_eq!((&*seen.name, seen.members.len(), seen.may_call), ("Youth", 2, true));
    assert_eq!(of(&anna).await, None);
    // Whoever keeps groups sees those they do not belong to.
    assert!(world.backend.groups(&anna).await.unwrap().iter().any(|known| known.id == group));

    let id = world.backend.initiate_call(&clara, group, vec![], tap()).await.unwrap().call.id;
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap().len(), 1);
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.backend.change_group(&anna, group, GroupChange::Remove(ben.member())).await.unwrap();
    is_told_to_reload(&mut page).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
    assert_eq!(of(&ben).await, None);

    world.backend.change_group(&anna, group, GroupChange::Add(vec![ben.member()])).await.unwrap();
    world.backend.change_group(&anna, group, GroupChange::Rename("Young people".into())).await.unwrap();
    world.backend.change_group(&anna, group, GroupChange::AnnouncementsOnly(true)).await.unwrap();
    let seen = of(&ben).await.unwrap();
    assert_eq!((&*seen.name, seen.may_call, seen.may_post), ("Young people", false, false));
    assert!(matches!(world.backend.post_message(&ben, group, "hello", None).await, Err(Error::Forbidden)));
    world.backend.post_message(&clara, group, "hello", None).await.unwrap();
}

#[tokio::test]
async fn groups_are_kept_by_those_who_lead_with_names_and_people_that_there_are() {
    let world = World::new().await;
    let [anna, clara, ben] = roles(&world);
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let rename = || GroupChange::Rename("Mine".into());
    assert!(matches!(world.backend.groups(&ben).await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.create_group(&ben, "Mine", &[]).await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.change_group(&ben, choir, rename()).await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.create_group(&clara, " ", &[]).await, Err(Error::Invalid(Field::Name))));
    let direct = world.direct("Anna", "Ben").await;
    assert!(matches!(world.backend.change_group(&anna, direct, rename()).await, Err(Error::NotFound)));
    world.backend.remove_member(&anna, ben.member()).await.unwrap();
    let gone = vec![ben.member()];
    let refused = world.backend.create_group(&clara, "Youth", &gone).await;
    assert!(matches!(refused, Err(Error::Invalid(Field::Targets))));
    let refused = world.backend.change_group(&clara, choir, GroupChange::Add(gone)).await;
    assert!(matches!(refused, Err(Error::Invalid(Field::Targets))));
}

#[tokio::test]
async fn a_code_signs_in_on_another_device_once_however_it_is_typed() {
    let world = World::new().await;
    let ben = world.actor("Ben");
    let handed = world.backend.device_code(&ben).await.unwrap();
    assert!(handed.link.address.ends_with(&handed.code.replace('-', "")), "{}", handed.link.address);
    let typed = format!(" {} ", handed.code.replace('-', " ").to_lowercase());
    assert_eq!(world.backend.link_owner(&typed, HERE).await.unwrap(), "Ben Carter");
    let session = world.backend.sign_in_by_link(&typed, Language::English, HERE).await.unwrap();
    let device = world.backend.authenticate(&session.secret).await.unwrap().unwrap();
    assert_eq!((device.member(), device.device() == ben.device()), (ben.member(), false));
    assert!(matches!(world.backend.sign_in_by_link(&handed.code, Language::English, HERE).await, Err(Error::LinkGone)));
    let late = world.backend.device_code(&ben).await.unwrap();
    world.pass(Duration::from_secs(60 * 10));
    assert!(matches!(world.backend.sign_in_by_link(&late.code, Language::English, HERE).await, Err(Error::LinkGone)));
}

#[tokio::test]
async fn everybody_learns_what_somebody_is_called_now() {
    let world = World::new().await;
    let [anna, _, ben] = roles(&world);
    let mut page = world.backend.subscribe(&anna);
    world.backend.rename_me(&ben, "  Benjamin  Carter ").await.unwrap();
    is_told_to_reload(&mut page).await;
    let members = world.backend.community(&anna).await.unwrap().members;
    assert!(members.iter().any(|member| member.id == ben.member() && member.name == "Benjamin Carter"));
    assert!(matches!(world.backend.rename_me(&ben, " ").await, Err(Error::Invalid(Field::Name))));
}
