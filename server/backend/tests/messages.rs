//! Stories of what people write.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::{World, nonce};
use backend::{Actor, Error, Next, Subscription};
use domain::text::Field;
use domain::{ChannelId, ChannelKind, Content, Event, Leads, Message, MessageId, Notices, Remover};
use futures::FutureExt;

async fn say(world: &World, who: &str, channel: ChannelId, text: &str) -> Message {
    world.backend.post_message(&world.actor(who), channel, text, None).await.unwrap()
}

async fn edit(world: &World, who: &Actor, id: MessageId, text: &str) -> Result<Message, Error> {
    world.backend.edit_message(who, id, text).await
}

/// What this page has been told, if anything.
fn told(page: &mut Subscription) -> Option<Event> {
    page.next().now_or_never().map(|next| match next {
        Next::Event(event) => event,
        Next::Lost => panic!("something was lost"),
    })
}

fn text(message: &Message) -> &str {
    &message.words().unwrap().text
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_the_same_message_and_told_once() {
    let world = World::new().await;
    let channel = world.direct("Anna", "Ben").await;
    let anna = world.actor("Anna");
    let mut bens = world.backend.subscribe(&world.actor("Ben"));
    let once = Some(nonce());
    let first = world.backend.post_message(&anna, channel, "Are you there?", once).await.unwrap();
    assert_eq!(first.words().unwrap().nonce, once);
    assert_eq!(told(&mut bens), Some(Event::Message(first.clone())));
    let again = world.backend.post_message(&anna, channel, "Are you there?", once).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(told(&mut bens), None);
    assert_eq!(world.backend.messages(&anna, channel, None).await.unwrap().last(), Some(&first));
    // Somebody else's nonce is another.
    let bens_own = world.backend.post_message(&world.actor("Ben"), channel, "Yes.", once).await.unwrap();
    assert_ne!(bens_own.id, first.id);
}

#[tokio::test]
async fn its_author_changes_a_message_and_everybody_in_the_channel_is_told() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
    let id = say(&world, "Ben", choir, "We sing at sixe.").await.id;
    let mut claras = world.backend.subscribe(&clara);
    let edited = edit(&world, &ben, id, " We sing at six. ").await.unwrap();
    assert_eq!((text(&edited), edited.words().unwrap().edited), ("We sing at six.", true));
    assert_eq!(told(&mut claras), Some(Event::Changed(edited)));

    assert!(matches!(edit(&world, &clara, id, "no").await, Err(Error::Forbidden)), "it is not hers, whoever leads");
    assert!(matches!(edit(&world, &world.actor("David"), id, "no").await, Err(Error::NotFound)), "he cannot read it");
    assert!(matches!(edit(&world, &ben, id, "  ").await, Err(Error::Invalid(_))));
    assert_eq!(told(&mut claras), None);
}

#[tokio::test]
async fn a_message_is_taken_back_by_its_author_or_removed_by_who_leads_and_then_nothing_is_left_of_it() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
    let remove = async |who: &Actor, id| world.backend.remove_message(who, id).await;
    for (who, by) in [(&ben, Remover::Author), (&clara, Remover::Leader)] {
        let id = say(&world, "Ben", choir, "Something unkind").await.id;
        let mut annas = world.backend.subscribe(&world.actor("Anna"));
        let gone = remove(who, id).await.unwrap();
        assert_eq!(gone.content, Content::Removed(by));
        assert_eq!(told(&mut annas), Some(Event::Changed(gone)));
        assert!(matches!(edit(&world, &ben, id, "again").await, Err(Error::Forbidden)));
        assert!(matches!(remove(&clara, id).await, Err(Error::Forbidden)), "there is nothing left to remove");
    }
    let theirs = say(&world, "Clara", choir, "Mine").await.id;
    assert!(matches!(remove(&ben, theirs).await, Err(Error::Forbidden)));
    assert!(matches!(remove(&world.actor("Eva"), theirs).await, Err(Error::NotFound)));
    // Two who talk are nobody's to lead.
    let direct = world.direct("Anna", "Ben").await;
    let bens = say(&world, "Ben", direct, "Between us").await.id;
    assert!(matches!(remove(&world.actor("Anna"), bens).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn who_may_not_write_any_more_neither_changes_nor_removes_what_they_wrote() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let id = say(&world, "Ben", choir, "Hello").await.id;
    world.takes_away("blocked", world.actor("Ben").member()).await;
    let ben = world.backend.authenticate(world.session("Ben")).await.unwrap().unwrap();
    assert!(matches!(edit(&world, &ben, id, "again").await, Err(Error::Forbidden)));
    assert!(matches!(world.backend.remove_message(&ben, id).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn only_those_who_are_here_are_named() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let message = say(&world, "Anna", choir, "@Ben, @David: see www.example.org").await;
    let leads: Vec<_> = message.words().unwrap().marks.iter().map(|mark| mark.leads.clone()).collect();
    assert_eq!(leads, [Leads::Member(world.actor("Ben").member()), Leads::Page]);
    let edited = edit(&world, &world.actor("Anna"), message.id, "nobody").await.unwrap();
    assert_eq!(edited.words().unwrap().marks, []);
}

#[tokio::test]
async fn what_one_is_told_of_is_ones_own_choice_and_known_on_all_devices() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let ben = world.actor("Ben");
    let [mut bens, mut claras] = [&ben, &world.actor("Clara")].map(|who| world.backend.subscribe(who));
    world.backend.set_notices(&ben, choir, Notices::None).await.unwrap();
    assert_eq!((told(&mut bens), told(&mut claras)), (Some(Event::Community), None));
    let notices = async |who: &Actor| {
        let channels = world.backend.community(who).await.unwrap().channels;
        channels.into_iter().find(|channel| channel.id == choir).unwrap().notices
    };
    assert_eq!((notices(&ben).await, notices(&world.actor("Clara")).await), (Notices::None, Notices::All));
    let outsider = world.backend.set_notices(&world.actor("David"), choir, Notices::All).await;
    assert!(matches!(outsider, Err(Error::NotFound)));
}

#[tokio::test]
async fn words_are_looked_for_in_a_channel_by_those_in_it_and_not_without_an_end() {
    let world = World::new().await;
    let channel = world.direct("Anna", "Ben").await;
    let [anna, clara] = [world.actor("Anna"), world.actor("Clara")];
    let said = say(&world, "Ben", channel, "Próba chóru o siódmej").await;
    let find = async |who: &Actor, typed: &str| world.backend.search_messages(who, channel, typed, None).await;
    let found = find(&anna, "CHORU proba").await.unwrap();
    assert_eq!(found.iter().map(|found| (found.id, found.author)).collect::<Vec<_>>(), [(said.id, said.author)]);
    assert!(matches!(find(&clara, "choru").await, Err(Error::NotFound)));
    for nothing in ["", " ", &"x".repeat(101)] {
        assert!(matches!(find(&anna, nothing).await, Err(Error::Invalid(Field::Search))), "{nothing}");
    }
    let mut last = Ok(vec![]);
    for _ in 0..21 {
        last = find(&anna, "choru").await;
    }
    assert!(matches!(last, Err(Error::Limited { .. })), "{last:?}");
}

#[tokio::test]
async fn around_a_line_stand_those_before_and_after_it() {
    let world = World::new().await;
    let channel = world.direct("Anna", "Ben").await;
    let anna = world.actor("Anna");
    let mut said = vec![];
    for number in 0..29 {
        said.push(say(&world, "Ben", channel, &number.to_string()).await);
    }
    let around = |id| world.backend.messages_around(&anna, channel, id);
    let lines = around(said[2].id).await.unwrap();
    assert_eq!(lines[lines.len() - 25..], said[2..27]);
    assert_eq!(lines[lines.len() - 27..lines.len() - 25], said[..2]);
    let last = around(said[28].id).await.unwrap();
    assert_eq!((last.len(), last.last()), (26, said.last()));
    let group = world.direct("Anna", "Clara").await;
    let elsewhere = world.backend.post_message(&anna, group, "hello", None).await.unwrap();
    assert!(matches!(around(elsewhere.id).await, Err(Error::NotFound)));
    let outside = world.backend.messages_around(&world.actor("Clara"), channel, said[0].id).await;
    assert!(matches!(outside, Err(Error::NotFound)));
}
