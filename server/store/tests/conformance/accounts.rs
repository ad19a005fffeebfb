//! What is stored of one person: taken along, and forgotten.

use crate::db::{Db, T0, after};
use domain::{ChannelKind, Content, Hue, MemberId, MessageId, PersonId, Remover, ReportId, Role, Words};
use store::{Deleted, NewMessage, NewReport};

/// Who this member is.
async fn person_of(db: &Db, member: MemberId) -> PersonId {
    let token = db.uuid().to_string();
    db.store.insert_session(&token, member, T0, after(1_000)).await.unwrap();
    db.store.session(&token, T0).await.unwrap().unwrap().person
}

async fn everything_of_one_person_is_exported_and_nothing_of_others(db: Db) {
    let parish = db.parish().await;
    let [anna, bob] = [db.member(parish, "Anna").await, db.member(parish, "Bob").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    db.says(anna, channel, "mine").await;
    db.says(bob, channel, "not mine").await;
    let call = db.call(channel, &[bob, anna]).await;
    db.store.insert_block(anna, bob, T0).await.unwrap();
    let person = person_of(&db, anna).await;
    db.store.choose_hue(person, parish, Hue::try_from(7).unwrap()).await.unwrap();
    let export = db.other.export(person, T0).await.unwrap().unwrap();
    assert_eq!((&*export.name, export.hue), ("Anna", Some(7)));
    assert_eq!(export.parishes.iter().map(|parish| &*parish.role).collect::<Vec<_>>(), ["member"]);
    assert!(export.channels.iter().any(|channel| channel.kind == "group"));
    assert_eq!(export.messages.iter().map(|message| &*message.body).collect::<Vec<_>>(), ["mine"]);
    let [part] = &export.calls[..] else { panic!("one call: {call:?}") };
    assert_eq!((part.started, &*part.part), (0, "invited"));
    assert_eq!(export.devices.len(), 1);
    assert_eq!(export.blocked, [("Bob".to_owned(), T0)]);
    assert_eq!(db.store.export(person, after(2_000)).await.unwrap().unwrap().devices, [], "signed out by then");
    assert_eq!(db.store.export(PersonId(db.uuid()), T0).await.unwrap(), None);
}

async fn whoever_was_in_a_call_of_a_channel_and_not_in_the_channel_does_not_learn_its_name(db: Db) {
    let parish = db.parish().await;
    let [anna, bob, guest] =
        [db.member(parish, "Anna").await, db.member(parish, "Bob").await, db.member(parish, "Guest").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    db.call(channel, &[anna, bob, guest]).await;
    for (member, name) in [(bob, "Group"), (guest, "")] {
        let export = db.store.export(person_of(&db, member).await, T0).await.unwrap().unwrap();
        let [part] = &export.calls[..] else { panic!("one call: {:?}", export.calls) };
        assert_eq!((&*part.channel, &*part.kind), (name, "group"));
    }
}

async fn whoever_deletes_their_account_leaves_no_word_and_no_name_and_the_last_admin_stays(db: Db) {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Admin).await;
    let bob = db.member(parish, "Bob").await;
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob]).await;
    let [hers, his] = [db.says(anna, channel, "hers").await, db.says(bob, channel, "his").await];
    let admin = person_of(&db, anna).await;
    assert_eq!(db.store.delete_person(admin, T0).await.unwrap(), Deleted::LastAdmin);
    let person = person_of(&db, bob).await;
    db.store.choose_hue(person, parish, Hue::try_from(7).unwrap()).await.unwrap();
    for (by, about) in [(anna, bob), (bob, anna)] {
        let (id, message) = (ReportId(db.uuid()), Some((his, "his".to_owned())));
        let report = NewReport { id, parish, by, about, message, note: "Please look".to_owned(), at: T0 };
        db.store.insert_report(&report).await.unwrap();
    }
    assert_eq!(db.other.delete_person(person, T0).await.unwrap(), Deleted::Members(vec![bob]));
    let gone = db.store.message(his).await.unwrap().unwrap();
    assert_eq!((gone.author, gone.content), (bob, Content::Removed(Remover::Author)));
    assert!(db.store.message(hers).await.unwrap().unwrap().words().is_some());
    let clara = db.member_as(parish, "Clara", Role::Coordinator).await;
    let [open] = &db.store.open_reports(clara).await.unwrap()[..] else { panic!("what others say of him stays") };
    assert_eq!((open.about, &*open.note), (bob, "Please look"));
    assert_eq!(open.message.as_ref().map(|message| &*message.text), Some(""));
    let former = db.store.former_members(parish).await.unwrap();
    assert_eq!(former.iter().map(|member| (member.id, &*member.name)).collect::<Vec<_>>(), [(bob, "")]);
    assert_eq!(db.store.hues(parish).await.unwrap(), [], "no colour of theirs is kept");
    assert_eq!(db.store.delete_person(person, after(1)).await.unwrap(), Deleted::Members(vec![bob]), "it stays so");
}

async fn words_that_are_written_while_an_account_is_deleted_do_not_outlive_it(db: Db) {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Admin).await;
    db.member_as(parish, "Clara", Role::Coordinator).await;
    for _ in 0..10 {
        let bob = db.member(parish, "Bob").await;
        let channel = db.channel(parish, ChannelKind::Group, &[bob]).await;
        let person = person_of(&db, bob).await;
        let edited = db.says(bob, channel, "before").await;
        let say =
            |id| NewMessage { id: MessageId(id), channel, author: bob, words: Words::plain("now".to_owned()), at: T0 };
        let (one, two) = (say(db.uuid()), say(db.uuid()));
        let other_words = Words::plain("other words".to_owned());
        let report = |id, by, about, message, note: &str| NewReport {
            id: ReportId(id),
            parish,
            by,
            about,
            message,
            note: note.to_owned(),
            at: T0,
        };
        let of_bob = report(db.uuid(), anna, bob, Some((edited, "before".to_owned())), "");
        let by_bob = report(db.uuid(), bob, anna, None, "his words");
        let (first, deleted, changed, second, his, about_him) = tokio::join!(
            db.store.insert_message(&one, &[]),
            db.other.delete_person(person, T0),
            db.store.edit_message(edited, bob, &other_words, after(1)),
            db.store.insert_message(&two, &[]),
            db.store.insert_report(&by_bob),
            db.store.insert_report(&of_bob),
        );
        let _noted_or_not = [his.unwrap(), about_him.unwrap()];
        assert_eq!(db.count("SELECT COUNT(*) FROM reports WHERE words <> '' OR note <> ''").await, 0);
        assert_eq!(deleted.unwrap(), Deleted::Members(vec![bob]));
        for written in [first.unwrap(), second.unwrap(), changed.map(|_| Some(edited)).unwrap()].into_iter().flatten() {
            let message = db.store.message(written).await.unwrap().unwrap();
            assert_eq!(message.content, Content::Removed(Remover::Author));
        }
        assert_eq!(db.store.insert_message(&say(db.uuid()), &[]).await.unwrap(), None, "nothing is written after it");
    }
}

on_both_engines![
    words_that_are_written_while_an_account_is_deleted_do_not_outlive_it,
    everything_of_one_person_is_exported_and_nothing_of_others,
    whoever_was_in_a_call_of_a_channel_and_not_in_the_channel_does_not_learn_its_name,
    whoever_deletes_their_account_leaves_no_word_and_no_name_and_the_last_admin_stays,
];
