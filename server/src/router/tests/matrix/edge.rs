//! What stands in front of every address, tried at every address.

use super::*;
use axum::body::Bytes;

/// Other machines show a proof of their own, and no cookie is looked at: another site is none of their concern.
fn is_for_people(row: &Row) -> bool {
    !["/api/cron", "/api/livekit", "/voice"].iter().any(|machines| row.route.starts_with(machines))
}

/// Rows that change something for those who may.
fn changing(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| row.method == Method::POST)
}

/// Says nothing that only we should know.
pub(super) fn says_nothing_of_us(answer: &Answer, what: &str) {
    for internal in ["missing field", "invalid type", "line 1", ".rs:"] {
        assert!(!answer.text.contains(internal), "{what}: {}", answer.text);
    }
    // As words of their own: a token may have any three letters somewhere in it.
    for word in answer.text.split(|at: char| !at.is_ascii_alphanumeric()) {
        assert!(!["sqlx", "serde", "SELECT", "EOF", "panicked"].contains(&word), "{what}: {}", answer.text);
    }
}

#[tokio::test]
async fn another_site_does_nothing_at_any_address_in_any_shape() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let copy = house.copy(Given::Talking).await;
    let before = copy.contents().await;
    let forged = [
        (Some("cross-site"), Some("https://evil.example")),
        (Some("same-site"), Some("https://evil.parish.example")),
        (Some("cross-site"), None),
        (None, Some("https://evil.example")),
        (None, Some("https://parish.example.evil.example")),
        (None, Some("null")),
    ];
    let shapes = [JSON, FORM, "text/plain", "multipart/form-data; boundary=x", ""];
    for row in changing(&rows).filter(|row| is_for_people(row)) {
        for (fetch_site, origin) in forged {
            for shape in shapes {
                let mut request = house.request(row, "admin");
                let headers = request.headers_mut();
                headers.remove(CONTENT_TYPE);
                let shape = Some(shape).filter(|shape| !shape.is_empty());
                for (name, value) in [("sec-fetch-site", fetch_site), ("origin", origin), ("content-type", shape)] {
                    if let Some(value) = value {
                        headers.insert(name, HeaderValue::from_static(value));
                    }
                }
                let answer = copy.send(request).await;
                assert_eq!(answer.status, 403, "{} {fetch_site:?} {origin:?} {shape:?}", row.path);
            }
        }
    }
    assert_eq!(copy.contents().await, before);
    house.close().await;
}

#[tokio::test]
async fn what_is_of_another_kind_or_too_large_is_refused_at_every_address() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let copy = house.copy(Given::Talking).await;
    let before = copy.contents().await;
    for row in changing(&rows) {
        for kind in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "nonsense", ""] {
            let mut request = house.request(row, "admin");
            request.headers_mut().remove(CONTENT_TYPE);
            if !kind.is_empty() {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            *request.body_mut() = Body::from("something");
            if is_for_people(row) {
                assert_eq!(copy.send(request).await.status, 415, "{} {kind}", row.path);
            }
        }
        let large = Bytes::from(vec![b' '; security::BODY_LIMIT + 1]);
        let pieces: Vec<_> = large.chunks(9_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        for body in [Body::from(large), Body::from_stream(futures::stream::iter(pieces))] {
            let mut request = house.request(row, "admin");
            *request.body_mut() = body;
            let answer = copy.send(request).await;
            assert_eq!(answer.status, 413, "{}", row.path);
        }
    }
    assert_eq!(copy.contents().await, before);
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_400_at_every_address_without_the_parsers_words() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let copy = house.copy(Given::Talking).await;
    let before = copy.contents().await;
    let garbage: [&[u8]; 8] = [b"", b"{", b"[]", b"null", b"{\"call\":", b"\0", b"\xff\xfe", b"%ff=%00&&&=[]"];
    // What takes no argument, or none that must be there, has nothing to misread.
    let takes_something = |row: &&Row| !["", "{}"].contains(&&*row.body) && is_for_people(row);
    for row in changing(&rows).filter(takes_something) {
        for body in garbage {
            let mut request = house.request(row, "admin");
            *request.body_mut() = Body::from(body);
            let answer = copy.send(request).await;
            let what = format!("{} {}", row.path, String::from_utf8_lossy(body));
            assert_eq!(answer.status, 400, "{what}: {}", answer.text);
            says_nothing_of_us(&answer, &what);
        }
    }
    assert_eq!(copy.contents().await, before);
    house.close().await;
}

#[tokio::test]
async fn every_answer_at_every_address_carries_what_protects_whoever_reads_it() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let copy = house.copy(Given::Ringing).await;
    let mut requests: Vec<Request> = rows.iter().map(|row| house.request(row, "nobody")).collect();
    let looks = rows.iter().filter(|row| row.method == Method::GET && is_for_people(row));
    requests.extend(looks.map(|row| house.request(row, "admin")));
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let post = |kind: &'static str, body: Vec<u8>| {
        Request::post("/api/live").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    };
    requests.extend(["/sw.js", "/icon.svg", "/assets/main-0123.css", "/assets/gone.css", "/nothing", "/x.y"].map(get));
    requests.extend([
        post("text/plain", vec![1]),
        post(JSON, vec![b' '; security::BODY_LIMIT + 1]),
        post(JSON, vec![]),
    ]);
    let mut forged = post(JSON, vec![]);
    forged.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
    requests.push(forged);
    requests.push(Request::put("/api/live").body(Body::empty()).unwrap());
    let mut statuses = BTreeSet::new();
    for request in requests {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = copy.send(request).await;
        statuses.insert(answer.status);
        for (name, value) in security::HEADERS {
            assert_eq!(answer.header(name), value, "{what}");
        }
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{what} {policy}"
        );
        assert!(!policy.contains("'unsafe-"), "{what} {policy}");
        assert!(!answer.header(CACHE_CONTROL).is_empty(), "{what}");
    }
    for status in [200, 303, 400, 401, 403, 404, 405, 413, 415] {
        assert!(statuses.contains(&status), "no answer was {status}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_form_leads_back_to_us_wherever_it_says_that_it_came_from() {
    let house = House::build().await;
    let rows = rows(&house.known);
    for row in changing(&rows).filter(|row| row.kind == FORM) {
        for from in
            ["https://evil.example/x", "https://evil.example//x", "//evil.example", "https://parish.example/en/x"]
        {
            let copy = house.copy(row.given).await;
            let mut request = house.request(row, "admin");
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/html"));
            request.headers_mut().insert(http::header::REFERER, HeaderValue::from_static(from));
            let answer = copy.send(request).await;
            let location = answer.header(LOCATION);
            assert!([302, 303].contains(&answer.status), "{} {}", row.path, answer.status);
            assert!(location.starts_with('/') && !location.starts_with("//"), "{} {location}", row.path);
        }
    }
    house.close().await;
}

#[tokio::test]
async fn pages_are_packed_for_whoever_unpacks_them_and_streams_never() {
    let site = Site::new().await;
    let mut request = Request::get("/en/sign-in").body(Body::empty()).unwrap();
    request.headers_mut().insert("accept-encoding", HeaderValue::from_static("gzip, br"));
    let packed = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(packed.headers().get_all("vary").iter().any(|vary| vary == "accept-encoding"));
    let packed = packed.into_body().collect().await.unwrap().to_bytes();
    let plain = site.get(None, "/en/sign-in").await;
    assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 2 < plain.text.len());
    let mut events = Request::get("/api/events").body(Body::empty()).unwrap();
    events.headers_mut().insert("accept-encoding", HeaderValue::from_static("gzip"));
    events.headers_mut().insert(COOKIE, format!("paxora={}", site.world.session("Ben")).parse().unwrap());
    let events = site.router.clone().oneshot(events).await.unwrap();
    assert!(!events.headers().contains_key("content-encoding"));
}
