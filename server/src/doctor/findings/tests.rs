use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(60 * 60 * 24);
const URL: &str = "https://parish.example";

fn verdicts(findings: impl IntoIterator<Item = Finding>) -> Vec<Verdict> {
    findings.into_iter().map(|finding| finding.verdict).collect()
}

fn seen() -> Seen {
    Seen { status: 200, body: "ok".into(), date: Some(NOW), certificate_ends: Some(NOW + DAY * 60) }
}

fn whole() -> Examined {
    let push_key = Some(push::VapidKeys::generate().secret().to_owned());
    let (schema, journal) = (Some(newest_schema()), Some("wal".into()));
    Examined { schema, writable: true, damage: None, journal, clock: None, push_key }
}

fn of(examined: Examined) -> Database {
    Database { examined: Some(Ok(examined)), file: None }
}

#[test]
fn whatever_is_wrong_comes_with_what_to_do_on_the_line_below() {
    let finding = settings(&["PUBLIC_URL must be http:// or https://".into()]);
    let text = finding.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].starts_with("WRONG Settings: PUBLIC_URL") && lines[1].contains("-> change it")
    );
    assert_eq!(settings(&[]).to_string(), "good  Settings: all of them can be used");
}

#[test]
fn a_port_is_ours_free_or_somebody_elses() {
    let here = "127.0.0.1:3000".parse().unwrap();
    assert_eq!(verdicts([port(here, &Port::Free), port(here, &Port::Ours)]), [Verdict::Good; 2]);
    let refused = [io::ErrorKind::PermissionDenied, io::ErrorKind::AddrNotAvailable].map(Port::Refused);
    let wrong = [&[Port::Taken][..], &refused].concat();
    assert_eq!(verdicts(wrong.iter().map(|it| port(here, it))), [Verdict::Bad; 3]);
}

#[test]
fn the_address_must_lead_to_a_paxora() {
    let judged = |look: Look, runs| public_address(URL, Some(&look), runs).verdict;
    assert_eq!(judged(Ok(seen()), true), Verdict::Good);
    assert_eq!(judged(Ok(Seen { body: "Welcome to nginx".into(), ..seen() }), true), Verdict::Bad);
    assert_eq!(judged(Ok(Seen { status: 502, ..seen() }), true), Verdict::Bad);
    assert_eq!(judged(Err(Trouble::Name), true), Verdict::Bad);
    assert_eq!(judged(Err(Trouble::Silent), true), Verdict::Bad);
    assert_eq!(judged(Err(Trouble::Silent), false), Verdict::Unknown);
    assert_eq!(public_address(URL, None, true).verdict, Verdict::Unknown);
}

#[test]
fn microphones_need_https_and_a_certificate_that_lasts() {
    let judged = |look: Look| https(URL, Some(&look), NOW).verdict;
    assert_eq!(judged(Ok(seen())), Verdict::Good);
    assert_eq!(judged(Ok(Seen { certificate_ends: Some(NOW + DAY * 3), ..seen() })), Verdict::Bad);
    assert_eq!(judged(Err(Trouble::Certificate("it has ended".into()))), Verdict::Bad);
    assert_eq!(judged(Err(Trouble::Silent)), Verdict::Unknown);
    assert_eq!(https("http://localhost:3000", None, NOW).verdict, Verdict::Good);
    assert_eq!(https("http://127.0.0.1:3000", None, NOW).verdict, Verdict::Good);
    assert_eq!(https("http://192.168.1.5:3000", None, NOW).verdict, Verdict::Bad);
}

#[test]
fn a_database_opens_is_whole_up_to_date_and_can_be_written() {
    let judged = |examined| verdicts(database(&of(examined)));
    assert_eq!(judged(whole()), [Verdict::Good]);
    assert_eq!(judged(Examined { journal: None, ..whole() }), [Verdict::Good]);
    assert_eq!(judged(Examined { damage: Some("page 3".into()), ..whole() }), [Verdict::Bad]);
    assert_eq!(judged(Examined { writable: false, ..whole() }), [Verdict::Bad]);
    assert_eq!(judged(Examined { schema: Some(newest_schema() + 1), ..whole() }), [Verdict::Bad]);
    assert_eq!(judged(Examined { schema: Some(1), ..whole() }), [Verdict::Unknown]);
    assert_eq!(judged(Examined { journal: Some("delete".into()), ..whole() }), [Verdict::Unknown]);
    let closed = Database { examined: Some(Err("no".into())), file: None };
    assert_eq!(verdicts(database(&closed)), [Verdict::Bad]);
    assert_eq!(verdicts(database(&Database { examined: None, file: None })), [Verdict::Good]);
}

#[test]
fn its_folder_is_closed_to_others_and_its_disk_not_full() {
    let judged = |open_to_all, left| {
        let place = Place { folder: "data".into(), open_to_all, left };
        verdicts(database(&Database { examined: None, file: Some(place) }))
    };
    assert_eq!(judged(false, Some(DISK_LEFT)), [Verdict::Good; 3]);
    assert_eq!(judged(true, Some(DISK_LEFT - 1)), [Verdict::Good, Verdict::Bad, Verdict::Bad]);
    assert_eq!(judged(false, None), [Verdict::Good, Verdict::Good, Verdict::Unknown]);
}

#[test]
fn the_push_key_can_be_used_and_is_not_shown() {
    assert_eq!(push_keys(&of(whole())).verdict, Verdict::Good);
    assert_eq!(push_keys(&of(Examined { push_key: None, ..whole() })).verdict, Verdict::Good);
    let broken = push_keys(&of(Examined { push_key: Some("hunter2".into()), ..whole() }));
    assert!(broken.verdict == Verdict::Bad && !broken.to_string().contains("hunter2"));
    assert_eq!(push_keys(&Database { examined: None, file: None }).verdict, Verdict::Unknown);
}

#[test]
fn livekit_answers_and_takes_the_key() {
    assert_eq!(livekit(&Ok(())).verdict, Verdict::Good);
    let key = livekit(&Err("unauthenticated: invalid token".into()));
    assert!(key.verdict == Verdict::Bad && key.remedy.unwrap().starts_with("LIVEKIT_API_KEY"));
    let away = livekit(&Err("no answer".into()));
    assert!(away.verdict == Verdict::Bad && away.remedy.unwrap().contains("LIVEKIT_URL"));
}

#[test]
fn the_embedded_voice_server_starts_and_is_reached_where_browsers_are_told() {
    let at = |addresses: &[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect::<Vec<SocketAddr>>();
    let judged = |told: &[&str], echoed: &[&str], host| {
        voice(&Voice::Started { told: at(told), echoed: at(echoed) }, host).verdict
    };
    let outside = ["203.0.113.5:7882"];
    assert_eq!(judged(&outside, &outside, "parish.example"), Verdict::Good);
    assert_eq!(judged(&["127.0.0.1:7882"], &["127.0.0.1:7882"], "localhost"), Verdict::Good);
    assert_eq!(judged(&outside, &[], "parish.example"), Verdict::Unknown);
    assert_eq!(judged(&["10.0.0.5:7882"], &["10.0.0.5:7882"], "parish.example"), Verdict::Bad);
    assert_eq!(voice(&Voice::Failed("VOICE_UDP_PORT".into()), "parish.example").verdict, Verdict::Bad);
}

#[test]
fn push_services_can_be_reached_and_those_that_cannot_are_named() {
    let service = |host, look| Service { host, look };
    assert_eq!(push_services(&[service("a.example", Ok(seen()))]).verdict, Verdict::Good);
    let away = push_services(&[service("a.example", Ok(seen())), service("b.example", Err(Trouble::Silent))]);
    assert!(away.verdict == Verdict::Bad && away.seen.contains("b.example") && !away.seen.contains("a.example"));
    assert_eq!(push_services(&[]).verdict, Verdict::Unknown);
}

#[test]
fn a_clock_that_nobody_agrees_with_is_wrong() {
    let off = |seconds: u64| NOW + Duration::from_secs(seconds);
    assert_eq!(clock(&[off(2)], NOW).verdict, Verdict::Good);
    // One of the others may be wrong.
    assert_eq!(clock(&[off(4000), off(1)], NOW).verdict, Verdict::Good);
    assert_eq!(clock(&[off(300), off(400)], NOW).verdict, Verdict::Bad);
    assert_eq!(clock(&[NOW], off(300)).verdict, Verdict::Bad);
    assert_eq!(clock(&[], NOW).verdict, Verdict::Unknown);
}

#[test]
fn enough_files_may_be_open() {
    assert_eq!(
        [Some(1024), Some(256), None].map(|limit| open_files(limit).verdict),
        [Verdict::Good, Verdict::Bad, Verdict::Unknown]
    );
}
