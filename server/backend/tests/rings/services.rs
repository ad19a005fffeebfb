//! What push services answer, and what is done about it.

use super::*;
use push::{Answer, Failure};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

fn busy(retry_after: Option<u64>) -> Answer {
    Answer::Busy { retry_after: retry_after.map(seconds) }
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_the_others_ring() {
    let world = World::new().await;
    let [phone, laptop] = bens(&world).await;
    world.push.answer(&at("laptop"), Answer::Gone);
    let id = calls(&world, "Anna", "Ben").await;
    assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
    assert_eq!(world.backend.push_health(&laptop).await.unwrap(), None);
    gives_up(&world, "Anna", id).await;
    assert_eq!(kinds(&sent(&world).await), [("phone", "over")]);
    calls(&world, "Anna", "Ben").await;
    assert_eq!(kinds(&sent(&world).await), [("phone", "ring")]);
    assert!(world.backend.push_health(&phone).await.unwrap().is_some());
}

#[tokio::test]
async fn services_are_counted_by_names_that_nobody_makes_up() {
    let world = World::new().await;
    for turn in 0..3 {
        let phone = world.another_device("Ben").await;
        world.reach(&phone, &format!("https://made-up-{turn}.push.apple.com/ben")).await.unwrap();
    }
    calls(&world, "Anna", "Ben").await;
    assert_eq!(sent(&world).await.len(), 3);
    let push = world.backend.overview(&world.actor("Anna")).await.unwrap().server.unwrap().push;
    let counts: Vec<_> = push.iter().map(|(service, health)| (&**service, health.devices, health.sends.sent)).collect();
    assert_eq!(counts, [("push.apple.com", 3, 3)]);
}

#[tokio::test]
async fn a_service_that_does_not_take_our_signature_is_remembered_and_logged_without_the_endpoint() {
    let world = World::new().await;
    let [phone, laptop] = bens(&world).await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let listening = tracing::subscriber::set_default(subscriber);
    for status in [401, 403] {
        world.push.answer(&at("phone"), Answer::Refused { status, reason: format!("BadJwtToken {status}") });
        let id = calls(&world, "Anna", "Ben").await;
        assert_eq!(sent(&world).await.len(), 2, "no second try");
        let reached = world.backend.push_health(&phone).await.unwrap().expect("it stays");
        assert_eq!(reached.refused, Some(format!("BadJwtToken {status}")));
        assert_eq!(world.backend.push_health(&laptop).await.unwrap().unwrap().refused, None);
        gives_up(&world, "Anna", id).await;
        sent(&world).await;
    }
    drop(listening);
    assert_eq!(world.backend.push_health(&phone).await.unwrap().unwrap().refused, None, "the last one was taken");

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let warning = logged.lines().find(|line| line.contains("BadJwtToken 403")).expect("a warning");
    assert!(warning.contains("WARN") && warning.contains("fcm.googleapis.com"), "{warning}");
    for capability in ["fcm/send", "/phone", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let shown = logged.lines().find(|line| line.contains(capability) && line.contains("backend"));
        assert_eq!(shown, None, "{capability} is in the log");
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again_once_after_the_pause_that_it_wants() {
    for (retry_after, pause) in [(None, 1), (Some(7), 7), (Some(29), 29), (Some(0), 0)] {
        let world = World::new().await;
        world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
        for _ in 0..2 {
            world.push.answer(&at("phone"), busy(retry_after));
        }
        calls(&world, "Anna", "Ben").await;
        let still = Standstill::begin();
        let meanwhile = async {
            assert_eq!(next_kinds(&world, 1).await, all(&[("phone", "ring")]));
            world.pass(seconds(pause));
            assert_eq!(world.push.take_sent(), []);
            still.pass(seconds(pause)).await;
            next(&world).await
        };
        let ((), again) = tokio::join!(world.settle(), meanwhile);
        assert_eq!((name(&again), kind(&again)), ("phone", "ring"));
        assert_eq!(again.ttl, RING - seconds(pause));
        assert_eq!(world.push.take_sent(), [], "once");
    }
}

#[tokio::test]
async fn a_busy_service_is_not_asked_again_if_the_ring_would_be_over() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    let still = Standstill::begin();
    for pause in [30, 31, 3_600] {
        world.push.answer(&at("phone"), busy(Some(pause)));
        let id = calls(&world, "Anna", "Ben").await;
        let sent = timeout(PATIENCE, sent(&world)).await.expect("nobody waits for that");
        assert_eq!(kinds(&sent), [("phone", "ring")]);
        gives_up(&world, "Anna", id).await;
        world.settle().await;
        world.push.take_sent();
    }
    still.check();
}

#[tokio::test]
async fn a_ring_that_ended_while_a_busy_service_was_waited_for_is_not_sent_again() {
    let world = World::new().await;
    let laptop = world.another_device("Ben").await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    world.push.answer(&at("phone"), busy(Some(5)));
    let id = calls(&world, "Anna", "Ben").await;
    let still = Standstill::begin();
    let answered = async {
        next_kinds(&world, 1).await;
        world.backend.answer_call(&laptop, id, tap()).await.unwrap();
        still.pass(seconds(5)).await;
    };
    tokio::join!(world.settle(), answered);
    assert_eq!(world.push.take_sent(), []);
    assert_eq!(kinds(&sent(&world).await), [("phone", "over")], "it may have come through at the first time");
}

#[tokio::test]
async fn a_device_that_was_not_told_that_its_ring_is_over_is_told_later_and_no_other_is_told_twice() {
    for answer in [busy(None), Answer::Failed(Failure::TimedOut), Answer::Failed(Failure::Unreachable)] {
        let world = World::new().await;
        bens(&world).await;
        let id = calls(&world, "Anna", "Ben").await;
        sent(&world).await;
        gives_up(&world, "Anna", id).await;
        for _ in 0..3 {
            world.push.answer(&at("phone"), answer.clone());
        }
        assert_eq!(kinds(&sent(&world).await), [("laptop", "over"), ("phone", "over")]);
        world.advance(seconds(60)).await;
        let later = world.push.take_sent();
        assert_eq!(kinds(&later), [("phone", "over"); 3], "twice in vain, and then it was taken");
    }
}

#[tokio::test]
async fn a_failed_connection_is_not_tried_again_while_it_rings_since_the_ring_may_have_arrived() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    for failure in [Failure::TimedOut, Failure::Broken, Failure::Unreachable, Failure::NotPublic] {
        world.push.answer(&at("phone"), Answer::Failed(failure));
        let id = calls(&world, "Anna", "Ben").await;
        assert_eq!(kinds(&sent(&world).await), [("laptop", "ring"), ("phone", "ring")]);
        world.advance(seconds(20)).await;
        assert_eq!(world.push.take_sent(), []);
        gives_up(&world, "Anna", id).await;
        assert_eq!(kinds(&sent(&world).await), [("laptop", "over"), ("phone", "over")]);
    }
    assert!(world.backend.push_health(&phone).await.unwrap().is_some(), "it stays");
}
