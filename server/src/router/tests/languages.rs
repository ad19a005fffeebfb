//! Everybody is spoken to in their language, from the first address on.

use super::*;
use domain::Role;
use http::header::{ACCEPT_LANGUAGE, VARY};

/// Goes to an address with a browser that sends this `Accept-Language`; where it is sent from there.
async fn led(site: &Site, who: Option<&str>, accepted: &str, path: &str) -> String {
    let mut request = Request::get(path).header(HOST, "parish.example").header(ACCEPT_LANGUAGE, accepted);
    if let Some(name) = who {
        request = request.header(COOKIE, format!("paxora={}", site.world.session(name)));
    }
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text);
    answer.header(LOCATION).to_owned()
}

const SPANISH: &str = "es-MX,es;q=0.9,en;q=0.5";

#[tokio::test]
async fn an_address_without_a_language_leads_to_the_one_that_the_browser_prefers() {
    let site = Site::new().await;
    for (accepted, path, to) in [
        ("", "/", "/en/community/chat"),
        (SPANISH, "/", "/es/community/chat"),
        ("de, pl;q=0.3", "/", "/pl/community/chat"),
        (SPANISH, "/sign-in", "/es/sign-in"),
        (SPANISH, "/sign-in/link?token=a%20b", "/es/sign-in/link?token=a%20b"),
        ("pl", "/join/secret", "/pl/join/secret"),
    ] {
        assert_eq!(led(&site, None, accepted, path).await, to, "{accepted} {path}");
    }
    let answer = site.get(None, "/").await;
    assert_eq!(answer.header(VARY), "accept-language, cookie");
}

#[tokio::test]
async fn an_address_that_says_its_language_is_believed_whatever_the_browser_prefers() {
    let site = Site::new().await;
    for (path, to) in [("/en", "/en/community/chat"), ("/es", "/es/community/chat"), ("/pl", "/pl/community/chat")] {
        assert_eq!(led(&site, None, SPANISH, path).await, to);
    }
    assert_eq!(led(&site, None, SPANISH, "/pl/community/chat?channel=1").await, "/pl/sign-in");
    assert_eq!(led(&site, None, SPANISH, "/xx/community/chat").await, "/es/sign-in");
    for (language, words) in [("en", "Password"), ("es", "Contraseña"), ("pl", "Hasło")] {
        let page = site.get(None, &format!("/{language}/sign-in")).await;
        assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{}", &page.text[..200]);
        assert!(page.text.contains(words));
        let field = format!("name=\"language\" value=\"{language}\"");
        assert!(page.text.contains(&field), "a form says its language, before the page is alive");
    }
}

#[tokio::test]
async fn whoever_has_chosen_a_language_is_led_to_it_whatever_their_browser_prefers() {
    let site = Site::new().await;
    assert_eq!(site.call("Ben", "set_language", json!({ "language": "pl" })).await.status, 200);
    assert_eq!(led(&site, Some("Ben"), SPANISH, "/").await, "/pl/community/chat");
    assert_eq!(led(&site, Some("Anna"), SPANISH, "/").await, "/en/community/chat", "she chose when she signed in");
    site.call("Ben", "set_language", json!({ "language": "de" })).await.refuses(400, &json!("malformed"));
}

#[tokio::test]
async fn whoever_joins_or_comes_back_goes_on_in_their_language_and_signs_out_in_that_of_the_page() {
    let site = Site::new().await;
    let invite = site.world.backend.invite(None, Role::Member).await.unwrap();
    let form = format!("invite={invite}&name=Rosa&login=rosa&password=correct+horse&language=es");
    let joined = site.submit("/api/sign_up", form).await;
    assert_eq!(joined.header(LOCATION), "/es/community/chat", "{}", joined.text);

    let back = site.submit("/api/sign_in", "login=rosa&password=correct+horse&language=pl").await;
    assert_eq!(back.header(LOCATION), "/es/community/chat", "she chose Spanish when she joined");
    let left = site.submit("/api/sign_out", "language=pl").await;
    assert_eq!(left.header(LOCATION), "/pl/sign-in");
    let wrong = site.ask(None, Method::POST, "/api/sign_in", FORM, "login=rosa&password=x&language=xx").await;
    wrong.refuses(400, &json!("malformed"));
}

#[tokio::test]
async fn a_form_of_yesterday_says_no_language_and_gets_the_one_of_its_browser() {
    let site = Site::new().await;
    let invite = site.world.backend.invite(None, Role::Member).await.unwrap();
    let form = format!("invite={invite}&name=Rosa&login=rosa&password=correct+horse");
    let request = Request::post("/api/sign_up").header(CONTENT_TYPE, FORM).header(ACCEPT, "text/html");
    let request = request.header(ACCEPT_LANGUAGE, SPANISH).body(Body::from(form)).unwrap();
    assert_eq!(site.send(request).await.header(LOCATION), "/es/community/chat");
    assert_eq!(site.submit("/api/sign_out", "").await.header(LOCATION), "/en/sign-in");
}

#[tokio::test]
async fn who_has_not_chosen_a_language_chooses_with_the_page_they_sign_in_on() {
    let site = Site::new().await;
    let demo = site.world.backend.demo().await.unwrap();
    let ben = demo.people.iter().find(|link| link.login == "ben").unwrap();
    site.world.rewrite("UPDATE persons SET locale = '' WHERE login = 'ben'").await;
    let signed_in = site.submit("/api/sign_in_by_link", format!("token={}&language=es", ben.secret)).await;
    assert_eq!(signed_in.header(LOCATION), "/es/community/chat");
    assert_eq!(led(&site, Some("Ben"), "pl", "/").await, "/es/community/chat", "on every device");
}
