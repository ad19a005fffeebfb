//! What a broken or a hostile client sends: everything that can be asked, changed a little, again and again.
//!
//! `MUTATIONS=500 cargo test -p server mutations` tries more of them, and `SEED=7` others.

use super::edge::says_nothing_of_us;
use super::*;
use backend::testing::FakeVoiceServer;
use http::header::AUTHORIZATION;

/// So many of each row, unless told otherwise.
const OF_EACH: u64 = 10;

/// What no field expects.
const STRANGE: [&str; 12] = [
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "true",
    "\"' OR 1=1 --\"",
    "\"\u{202e}\u{0}\u{feff}\"",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // Marsaglia, "Xorshift RNGs", 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    fn piece<'a>(&mut self, of: &'a [u8]) -> &'a [u8] {
        let from = self.below(of.len() + 1);
        let to = from + self.below(of.len() - from + 1);
        &of[from..to]
    }

    /// The same with one thing changed.
    fn changed(&mut self, valid: &[u8]) -> Vec<u8> {
        let mut body = valid.to_vec();
        let at = self.below(body.len() + 1);
        match self.below(7) {
            0 if !body.is_empty() => {
                let at = self.below(body.len());
                body[at] ^= 1 << self.below(8);
            }
            1 => body.truncate(at),
            2 => {
                let piece = self.piece(valid).to_vec();
                body.splice(at..at, piece);
            }
            3 => {
                let end = at + self.below(body.len() - at + 1);
                body.drain(at..end);
            }
            4 => body = self.with_another_value(valid),
            5 => {
                let deep = 1 + self.below(5_000);
                let deep = [b"[".repeat(deep), b"]".repeat(deep)].concat();
                body.splice(at..at, deep);
            }
            _ => {
                let strange = STRANGE[self.below(STRANGE.len())];
                body.splice(at..at, strange.bytes());
            }
        }
        body
    }

    /// What stands behind a colon or an equals sign is something else.
    fn with_another_value(&mut self, valid: &[u8]) -> Vec<u8> {
        let marks: Vec<usize> = (0..valid.len()).filter(|at| [b':', b'='].contains(&valid[*at])).collect();
        if marks.is_empty() {
            return STRANGE[self.below(STRANGE.len())].into();
        }
        let from = marks[self.below(marks.len())] + 1;
        let until = valid[from..].iter().position(|byte| b",}&".contains(byte)).map_or(valid.len(), |at| from + at);
        [&valid[..from], STRANGE[self.below(STRANGE.len())].as_bytes(), &valid[until..]].concat()
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

#[tokio::test]
async fn whatever_is_sent_is_no_fault_of_ours_and_what_is_refused_changes_nothing() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let mut dice = Dice(number("SEED", 20_261_127).max(1));
    for row in rows.iter().filter(|row| row.method == Method::POST) {
        let mut copy = house.copy(row.given).await;
        let mut before = copy.contents().await;
        for round in 0..number("MUTATIONS", OF_EACH) {
            let role = ROLES[dice.below(ROLES.len())];
            let (head, body) = house.request(row, role).into_parts();
            let valid = body.collect().await.unwrap().to_bytes();
            let body = dice.changed(&valid);
            let mut request = Request::from_parts(head, Body::from(body.clone()));
            if row.route == "/api/livekit/webhook" {
                let signed = FakeVoiceServer::sign(&body).parse().unwrap();
                request.headers_mut().insert(AUTHORIZATION, signed);
            }
            let answer = copy.send(request).await;
            let what = format!("{} by {role}, round {round}: {}", row.path, String::from_utf8_lossy(&body));
            assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
            if answer.status >= 400 {
                says_nothing_of_us(&answer, &what);
                assert_eq!(copy.contents().await, before, "{what}");
            } else {
                copy = house.copy(row.given).await;
                before = copy.contents().await;
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn whatever_is_asked_for_is_no_fault_of_ours() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let mut dice = Dice(number("SEED", 20_261_128).max(1));
    let asked =
        rows.iter().filter(|row| row.method == Method::GET && (row.path.contains('?') || row.route.contains('{')));
    for row in asked {
        let copy = house.copy(row.given).await;
        let before = copy.contents().await;
        for round in 0..number("MUTATIONS", OF_EACH) * 2 {
            let role = ROLES[dice.below(ROLES.len())];
            let mut request = house.request(row, role);
            // Where it leads to stays as it is.
            let (kept, changing) = row.path.split_at(row.path.find('?').or(row.path.rfind('/')).unwrap() + 1);
            let changed = percent_encoded(&dice.changed(changing.as_bytes()));
            *request.uri_mut() = format!("{kept}{changed}").parse().unwrap();
            let answer = copy.send(request).await;
            let what = format!("{kept}{changed} by {role}, round {round}");
            assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
            if answer.status >= 400 {
                says_nothing_of_us(&answer, &what);
            }
            assert_eq!(copy.contents().await, before, "{what}");
        }
    }
    house.close().await;
}

/// Whatever an address cannot hold; what stands for something in a query goes on standing for it.
fn percent_encoded(bytes: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=&-._~%".contains(&byte);
    bytes.iter().map(|byte| if plain(*byte) { char::from(*byte).into() } else { format!("%{byte:02X}") }).collect()
}

#[tokio::test]
async fn a_cookie_that_is_nonsense_is_no_cookie() {
    let site = Site::new().await;
    let mut dice = Dice(number("SEED", 20_261_127).max(1));
    let valid = format!("other=1; paxora={}", site.world.session("Ben"));
    for _ in 0..number("MUTATIONS", OF_EACH) * 20 {
        let Ok(cookie) = HeaderValue::from_bytes(&dice.changed(valid.as_bytes())) else { continue };
        let mut request = Request::get("/api/push/badge").body(Body::empty()).unwrap();
        request.headers_mut().insert(COOKIE, cookie.clone());
        let answer = site.send(request).await;
        // What was changed may have been the other cookie.
        assert!([200, 401].contains(&answer.status), "{cookie:?} {}", answer.text);
    }
}
