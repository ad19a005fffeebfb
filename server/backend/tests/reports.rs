//! Stories of what members report to those who look after the parish.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::World;
use backend::{Error, Next};
use domain::text::Field;
use domain::{ChannelKind, Content, Event, MessageId, Outcome, Remover, Report, Reported};
use futures::FutureExt;

async fn says(world: &World, who: &str, other: &str, text: &str) -> MessageId {
    let channel = world.direct(who, other).await;
    world.backend.post_message(&world.actor(who), channel, text, None).await.unwrap().id
}

async fn seen_by(world: &World, who: &str) -> Vec<Report> {
    let seen = world.backend.reports(&world.actor(who)).await.unwrap();
    let counted = world.backend.community(&world.actor(who)).await.unwrap().reports;
    assert_eq!(counted as usize, seen.len());
    seen
}

#[tokio::test]
async fn a_reported_message_is_read_as_it_was_and_removed_even_where_no_coordinator_reads() {
    let world = World::new().await;
    let mut clara = world.backend.subscribe(&world.actor("Clara"));
    let mut ben = world.backend.subscribe(&world.actor("Ben"));
    let message = says(&world, "Ben", "Eva", "rude words").await;
    let eva = world.actor("Eva");
    world.backend.report(&eva, Reported::Message(message), " Not   nice ").await.unwrap();
    world.backend.report(&eva, Reported::Message(message), "again").await.unwrap();
    world.backend.edit_message(&world.actor("Ben"), message, "kind words").await.unwrap();
    assert!(matches!(clara.next().now_or_never(), Some(Next::Event(Event::Community))));
    let [report] = &seen_by(&world, "Clara").await[..] else { panic!("one report") };
    assert_eq!((report.by, report.about, &*report.note), (eva.member(), world.actor("Ben").member(), "Not nice"));
    assert_eq!(report.message.as_ref().unwrap().text, "rude words");
    world.backend.close_report(&world.actor("Clara"), report.id, Outcome::Removed).await.unwrap();
    assert_eq!(seen_by(&world, "Clara").await, []);
    assert_eq!(seen_by(&world, "Anna").await, []);
    let gone = world.store.message(message).await.unwrap().unwrap();
    assert_eq!(gone.content, Content::Removed(Remover::Leader));
    let mut told = vec![];
    while let Some(Next::Event(event)) = ben.next().now_or_never() {
        told.push(event);
    }
    assert_eq!(told.last(), Some(&Event::Changed(gone)));
    let twice = world.backend.close_report(&world.actor("Anna"), report.id, Outcome::Nothing).await;
    assert!(matches!(twice, Err(Error::NotFound)), "{twice:?}");
}

#[tokio::test]
async fn whoever_leads_and_reports_a_message_leaves_it_to_another_to_remove_it() {
    let world = World::new().await;
    let (anna, clara) = (world.actor("Anna"), world.actor("Clara"));
    let message = says(&world, "Ben", "Clara", "rude words").await;
    world.backend.report(&clara, Reported::Message(message), "").await.unwrap();
    let report = seen_by(&world, "Clara").await[0].id;
    let refused = world.backend.close_report(&clara, report, Outcome::Removed).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    assert!(world.store.message(message).await.unwrap().unwrap().words().is_some());
    world.backend.close_report(&anna, report, Outcome::Removed).await.unwrap();
    assert!(world.store.message(message).await.unwrap().unwrap().words().is_none());
}

#[tokio::test]
async fn a_coordinator_does_not_see_what_is_said_about_them_and_only_an_admin_removes_members() {
    let world = World::new().await;
    let (ben, clara, david) = (world.actor("Ben"), world.actor("Clara"), world.actor("David"));
    world.backend.report(&ben, Reported::Member(clara.member()), "").await.unwrap();
    world.backend.report(&ben, Reported::Member(david.member()), "").await.unwrap();
    let seen = seen_by(&world, "Clara").await;
    assert_eq!(seen.iter().map(|report| report.about).collect::<Vec<_>>(), [david.member()]);
    let refused = world.backend.close_report(&clara, seen[0].id, Outcome::Removed).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    let all = seen_by(&world, "Anna").await;
    assert_eq!(all.len(), 2, "what was refused is still open");
    let about_clara = all.iter().find(|report| report.about == clara.member()).unwrap();
    let hers = world.backend.close_report(&clara, about_clara.id, Outcome::Nothing).await;
    assert!(matches!(hers, Err(Error::NotFound)), "{hers:?}");
    world.backend.close_report(&world.actor("Anna"), seen[0].id, Outcome::Removed).await.unwrap();
    assert_eq!(world.store.member_of(ben.parish(), david.member()).await.unwrap(), None);
    let members = world.backend.reports(&ben).await;
    assert!(matches!(members, Err(Error::Forbidden)), "{members:?}");
}

#[tokio::test]
async fn nobody_reports_what_they_cannot_read_or_themselves_or_too_often() {
    let world = World::new().await;
    let message = says(&world, "Ben", "Eva", "hello").await;
    let refused = world.backend.report(&world.actor("David"), Reported::Message(message), "").await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    let ben = world.actor("Ben");
    for own in [Reported::Message(message), Reported::Member(ben.member())] {
        let refused = world.backend.report(&ben, own, "").await;
        assert!(matches!(refused, Err(Error::Invalid(Field::Targets))), "{refused:?}");
    }
    let long = world.backend.report(&world.actor("Eva"), Reported::Message(message), &"ż".repeat(501)).await;
    assert!(matches!(long, Err(Error::Invalid(Field::Note))), "{long:?}");
    world.backend.remove_message(&ben, message).await.unwrap();
    let gone = world.backend.report(&world.actor("Eva"), Reported::Message(message), "").await;
    assert!(matches!(gone, Err(Error::Forbidden)), "{gone:?}");
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    for number in 0..6 {
        let text = format!("no. {number}");
        let said = world.backend.post_message(&world.actor("Anna"), choir, &text, None).await.unwrap();
        let reported = world.backend.report(&ben, Reported::Message(said.id), "").await;
        assert_eq!(matches!(reported, Err(Error::Limited { .. })), number == 5, "{number}: {reported:?}");
    }
}
