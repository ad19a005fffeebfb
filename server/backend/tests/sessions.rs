//! Stories of people who sign in and out, here and elsewhere, and of those who try to in their place.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::{World, passwords_hashed, tap};
use backend::{Actor, Error, NewSession, Next, Subscription};
use domain::device::{Browser, Machine};
use domain::text::Field;
use domain::{Event, Language, Role};
use std::net::IpAddr;
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PASSWORD: &str = "five plain words";

/// Somebody new in the demo parish, with a password.
async fn felix(world: &World) -> (NewSession, Actor) {
    let invite = world.backend.invite(None, Role::Member).await.unwrap();
    let joined =
        world.backend.sign_up(&invite, "Felix Gray", "felix", PASSWORD, Language::English, HERE).await.unwrap();
    let actor = actor(world, &joined).await;
    (joined, actor)
}

async fn sign_in(world: &World, password: &str, from: u8) -> Result<NewSession, Error> {
    world.backend.sign_in("felix", password, Language::English, [10, 0, 0, from].into()).await
}

async fn actor(world: &World, session: &NewSession) -> Actor {
    world.backend.authenticate(&session.secret).await.unwrap().unwrap()
}

async fn is_over(world: &World, session: &NewSession) -> bool {
    world.backend.authenticate(&session.secret).await.unwrap().is_none()
}

/// Waits until a page is told to ask whether it is signed in still.
async fn is_told_to_reload(page: &mut Subscription) {
    while page.next().await != Next::Event(Event::Community) {}
}

#[tokio::test]
async fn who_signs_in_again_has_another_session_and_the_one_before_is_over() {
    let world = World::new().await;
    let (before, _) = felix(&world).await;
    let elsewhere = sign_in(&world, PASSWORD, 1).await.unwrap();
    let now = sign_in(&world, PASSWORD, 2).await.unwrap();
    world.backend.hand_over(&now, FIREFOX, Some(&before.secret)).await.unwrap();
    assert!(now.secret != before.secret && is_over(&world, &before).await);
    assert!(!is_over(&world, &now).await && !is_over(&world, &elsewhere).await, "another browser is another browser");
    // What somebody else has put into a browser signs in nobody, before or after.
    let planted = sign_in(&world, PASSWORD, 3).await.unwrap();
    world.backend.hand_over(&planted, FIREFOX, Some("made up by somebody else")).await.unwrap();
    assert_eq!(world.backend.authenticate("made up by somebody else").await.unwrap(), None);
}

#[tokio::test]
async fn people_are_told_where_they_are_signed_in_and_sign_out_there() {
    let world = World::new().await;
    let (phone, _) = felix(&world).await;
    world.pass(Duration::from_secs(60));
    let laptop = sign_in(&world, PASSWORD, 1).await.unwrap();
    world.backend.hand_over(&laptop, FIREFOX, None).await.unwrap();
    let (on_phone, on_laptop) = (actor(&world, &phone).await, actor(&world, &laptop).await);
    let known = world.backend.devices(&on_laptop).await.unwrap();
    let told: Vec<_> = known.iter().map(|it| (it.id, it.browser, it.machine, it.here)).collect();
    assert_eq!(
        told,
        [
            (on_laptop.device(), Browser::Firefox, Machine::Linux, true),
            (on_phone.device(), Browser::Other, Machine::Other, false),
        ]
    );

    world.reach(&on_phone, "https://fcm.googleapis.com/fcm/send/phone").await.unwrap();
    let channel = world.backend.open_direct(&on_phone, world.actor("Ben").member()).await.unwrap();
    let call = world.backend.initiate_call(&on_phone, channel, vec![], tap()).await.unwrap().call.id;
    let mut page = world.backend.subscribe(&on_phone);
    let not_his = world.backend.sign_out_device(&on_laptop, world.actor("Ben").device()).await;
    assert!(matches!(not_his, Err(Error::NotFound)), "{not_his:?}");
    world.backend.sign_out_device(&on_laptop, on_phone.device()).await.unwrap();
    is_told_to_reload(&mut page).await;
    assert!(is_over(&world, &phone).await && !is_over(&world, &laptop).await);
    assert!(world.call(call).await.is_over(), "he hung up with it");
    world.push.take_sent();
    let words = world.backend.open_direct(&world.actor("Ben"), on_laptop.member()).await.unwrap();
    world.backend.initiate_call(&world.actor("Ben"), words, vec![], tap()).await.unwrap();
    world.settle().await;
    assert!(world.push.take_sent().iter().all(|sent| !sent.endpoint.ends_with("/phone")), "nor does it ring any more");
}

#[tokio::test]
async fn signing_out_everywhere_else_leaves_the_call_that_goes_on_here() {
    let world = World::new().await;
    let (phone, on_phone) = felix(&world).await;
    let others = [sign_in(&world, PASSWORD, 1).await.unwrap(), sign_in(&world, PASSWORD, 2).await.unwrap()];
    let code = world.backend.device_code(&on_phone).await.unwrap().code;
    let channel = world.backend.open_direct(&on_phone, world.actor("Ben").member()).await.unwrap();
    let call = world.backend.initiate_call(&on_phone, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.sign_out_elsewhere(&on_phone).await.unwrap();
    for other in &others {
        assert!(is_over(&world, other).await);
    }
    assert!(!is_over(&world, &phone).await && !world.call(call).await.is_over());
    let by_code = world.backend.sign_in_by_link(&code, Language::English, HERE).await;
    assert!(matches!(by_code, Err(Error::LinkGone)), "whoever has seen the code comes too late");
}

#[tokio::test]
async fn another_password_needs_the_one_before_and_signs_out_everywhere_else() {
    let world = World::new().await;
    let (phone, on_phone) = felix(&world).await;
    let laptop = sign_in(&world, PASSWORD, 1).await.unwrap();
    for (current, new, refused) in [
        ("six plain words", "another five words", Error::WrongPassword),
        (PASSWORD, "short", Error::Invalid(Field::Password)),
        (PASSWORD, "password1", Error::Invalid(Field::GuessablePassword)),
        (PASSWORD, "FelixGray26", Error::Invalid(Field::GuessablePassword)),
    ] {
        let answer = world.backend.change_password(&on_phone, current, new).await.unwrap_err();
        assert_eq!(answer.to_string(), refused.to_string());
        assert!(!is_over(&world, &laptop).await);
    }
    world.backend.change_password(&on_phone, PASSWORD, "another five words").await.unwrap();
    assert!(is_over(&world, &laptop).await && !is_over(&world, &phone).await);
    assert!(matches!(sign_in(&world, PASSWORD, 2).await, Err(Error::SignInRefused)));
    sign_in(&world, "another five words", 3).await.unwrap();
}

#[tokio::test]
async fn a_session_is_seen_to_a_few_hours_and_no_more() {
    let world = World::new().await;
    let (phone, on_phone) = felix(&world).await;
    let came = world.now();
    let seen = async || world.backend.devices(&on_phone).await.unwrap()[0].seen;
    world.pass(Duration::from_secs(5 * 60 * 60));
    actor(&world, &phone).await;
    assert_eq!(seen().await, came);
    world.pass(Duration::from_secs(60 * 60));
    actor(&world, &phone).await;
    assert_eq!(seen().await, world.now());
}

#[tokio::test]
async fn whether_there_is_an_account_shows_neither_in_the_answer_nor_in_what_it_costs() {
    let world = World::new().await;
    felix(&world).await;
    // One with a password, one without, one that is not there.
    for (number, login) in [(1, "felix"), (2, "ben"), (3, "nobody")] {
        let before = passwords_hashed(&world.backend);
        let from = IpAddr::from([10, 0, 0, number]);
        let refused = world.backend.sign_in(login, "wrong horse", Language::English, from).await;
        assert!(matches!(refused, Err(Error::SignInRefused)), "{login}");
        assert_eq!(passwords_hashed(&world.backend) - before, 1, "{login}");
    }
}

#[tokio::test]
async fn guessing_for_one_account_is_stopped_wherever_it_comes_from_and_whether_or_not_there_is_one() {
    let world = World::new().await;
    felix(&world).await;
    for login in ["felix", "nobody"] {
        let mut tried = 0;
        let refused = loop {
            let from = IpAddr::from([10, 1, tried, 1]);
            match world.backend.sign_in(login, "wrong horse", Language::English, from).await {
                Err(Error::SignInRefused) => tried += 1,
                other => break other,
            }
        };
        assert!(matches!(refused, Err(Error::Limited { .. })), "{login}");
        assert_eq!(tried, 20, "{login}");
    }
    let others = world.backend.sign_in("ben", "wrong horse", Language::English, HERE).await;
    assert!(matches!(others, Err(Error::SignInRefused)), "nobody else notices");
}

#[tokio::test]
async fn a_password_that_is_guessed_first_makes_no_account() {
    let world = World::new().await;
    let invite = world.backend.invite(None, Role::Member).await.unwrap();
    for password in ["password", "12345678", "GinaGray1", "stannedemo"] {
        let refused = world.backend.sign_up(&invite, "Gina Gray", "gina", password, Language::English, HERE).await;
        assert!(matches!(refused, Err(Error::Invalid(Field::GuessablePassword))), "{password}");
    }
}
