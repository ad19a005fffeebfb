//! Reports to those who look after a parish.

use crate::db::{Db, T0, after};
use domain::{ChannelKind, MemberId, MessageId, Outcome, ParishId, ReportId, Role};
use store::{NewReport, Noted};

fn report(db: &Db, parish: ParishId, by: MemberId, about: MemberId, message: Option<MessageId>) -> NewReport {
    let message = message.map(|id| (id, "rude words".to_owned()));
    NewReport { id: ReportId(db.uuid()), parish, by, about, message, note: "Please look".to_owned(), at: T0 }
}

async fn reports_are_for_those_who_lead_but_not_for_whom_they_are_about(db: Db) {
    let parish = db.parish().await;
    let elsewhere = db.parish().await;
    let stranger = db.member_as(elsewhere, "Stranger", Role::Admin).await;
    let [anna, clara] =
        [db.member_as(parish, "Anna", Role::Admin).await, db.member_as(parish, "Clara", Role::Coordinator).await];
    let blocked = db.member_as(parish, "Blocked", Role::Coordinator).await;
    db.is_blocked(blocked).await;
    let [bob, eva] = [db.member(parish, "Bob").await, db.member(parish, "Eva").await];
    let channel = db.channel(parish, ChannelKind::Group, &[anna, bob, eva]).await;
    let message = db.says(bob, channel, "rude words").await;
    let of_message = report(&db, parish, eva, bob, Some(message));
    assert_eq!(db.store.insert_report(&of_message).await.unwrap(), Noted::For(vec![anna, clara]));
    let of_clara = report(&db, parish, eva, clara, None);
    assert_eq!(db.other.insert_report(&of_clara).await.unwrap(), Noted::For(vec![anna]));
    let seen = async |reader| {
        let open = db.other.open_reports(reader).await.unwrap();
        assert_eq!(db.store.count_open_reports(reader).await.unwrap() as usize, open.len());
        open.into_iter().map(|report| report.id).collect::<Vec<_>>()
    };
    assert_eq!(seen(anna).await, [of_clara.id, of_message.id]);
    assert_eq!(seen(clara).await, [of_message.id]);
    for nobody in [stranger, blocked, bob, eva] {
        assert_eq!(seen(nobody).await, []);
        assert_eq!(db.store.close_report(nobody, of_message.id, Outcome::Nothing, T0).await.unwrap(), None);
    }
    assert_eq!(db.store.close_report(clara, of_clara.id, Outcome::Nothing, T0).await.unwrap(), None, "about herself");
    let open = db.store.open_reports(clara).await.unwrap().remove(0);
    assert_eq!((open.by, open.about, &*open.note, open.at), (eva, bob, "Please look", T0));
    assert_eq!(open.message.map(|message| (message.id, message.text)), Some((message, "rude words".to_owned())));
}

async fn the_same_is_reported_once_until_it_is_closed_and_closed_once(db: Db) {
    let parish = db.parish().await;
    let anna = db.member_as(parish, "Anna", Role::Admin).await;
    let [bob, eva] = [db.member(parish, "Bob").await, db.member(parish, "Eva").await];
    let first = report(&db, parish, eva, bob, None);
    assert_eq!(db.store.insert_report(&first).await.unwrap(), Noted::For(vec![anna]));
    assert_eq!(db.store.insert_report(&report(&db, parish, eva, bob, None)).await.unwrap(), Noted::Already);
    db.store.insert_report(&report(&db, parish, eva, eva, None)).await.unwrap_err();
    let (one, other) = tokio::join!(
        db.store.close_report(anna, first.id, Outcome::Nothing, after(1)),
        db.other.close_report(anna, first.id, Outcome::Removed, after(1)),
    );
    assert_eq!([one.unwrap(), other.unwrap()].iter().flatten().count(), 1);
    assert_eq!(db.store.count_open_reports(anna).await.unwrap(), 0);
    assert_eq!(
        db.store.insert_report(&report(&db, parish, eva, bob, None)).await.unwrap(),
        Noted::For(vec![anna]),
        "once more"
    );
}

async fn what_nobody_could_read_is_not_noted(db: Db) {
    let parish = db.parish().await;
    let [anna, eva] = [db.member_as(parish, "Anna", Role::Admin).await, db.member(parish, "Eva").await];
    assert_eq!(db.store.insert_report(&report(&db, parish, eva, anna, None)).await.unwrap(), Noted::ForNobody);
    let clara = db.member_as(parish, "Clara", Role::Coordinator).await;
    assert_eq!(db.other.open_reports(clara).await.unwrap(), [], "nor is it read by whoever comes later");
    assert_eq!(db.store.insert_report(&report(&db, parish, eva, anna, None)).await.unwrap(), Noted::For(vec![clara]));
}

on_both_engines![
    what_nobody_could_read_is_not_noted,
    reports_are_for_those_who_lead_but_not_for_whom_they_are_about,
    the_same_is_reported_once_until_it_is_closed_and_closed_once,
];
