//! Reading and writing without scripts.

use super::*;

impl Site {
    /// Submits the form under a channel, as somebody of the demo parish.
    async fn write(&self, who: Option<&str>, page: &str, form: &str) -> Answer {
        self.ask(who, Method::POST, page, FORM, form.to_owned()).await
    }
}

/// What the form of this page carries.
fn nonce_of(page: &Answer) -> String {
    let field = page.text.split("name=\"nonce\"").nth(1).unwrap_or_else(|| panic!("no form: {}", page.text));
    field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

#[tokio::test]
async fn a_form_without_scripts_writes_once_and_leads_back_to_its_channel() {
    let site = Site::new().await;
    let channel = site.world.direct("Anna", "Ben").await;
    let page = format!("/pl/community/chat?channel={channel}");
    let [first, second] = [site.get(Some("Anna"), &page).await, site.get(Some("Anna"), &page).await];
    assert_ne!(nonce_of(&first), nonce_of(&second));
    let form = format!("nonce={}&body=Dzie%C5%84+dobry%0D%0A%3Cb%3E&channel={NOBODYS_ID}", nonce_of(&first));
    for _ in 0..2 {
        let answer = site.write(Some("Anna"), &page, &form).await;
        assert_eq!((answer.status, answer.header(LOCATION)), (303, &*page), "{}", answer.text);
    }
    let lines = site.call("Ben", "messages", json!({ "channel": channel, "before": null })).await.json();
    let written: Vec<_> =
        lines.as_array().unwrap().iter().filter_map(|line| line["content"]["words"]["text"].as_str()).collect();
    assert_eq!(written.iter().filter(|text| **text == "Dzień dobry\n<b>").count(), 1, "{written:?}");
    let read = site.get(Some("Ben"), &page).await;
    assert!(read.text.contains("Dzień dobry\n&lt;b&gt;"), "{}", read.text);
}

#[tokio::test]
async fn what_a_form_cannot_send_stands_in_it_again_with_the_reason() {
    let site = Site::new().await;
    let channel = site.world.direct("Anna", "Ben").await;
    let page = format!("/en/community/chat?channel={channel}");
    let nonce = nonce_of(&site.get(Some("Anna"), &page).await);
    let answer = site.write(Some("Anna"), &page, &format!("nonce={nonce}&body=%3C/textarea%3E%26lt;bell%07")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("Not sent. A message must have 1 to 4,000 characters."), "{}", answer.text);
    assert!(answer.text.contains("&lt;/textarea>&amp;lt;bell\u{7}</textarea>"), "{}", answer.text);
    assert_eq!(nonce_of(&answer), nonce);
    assert!(answer.header(CONTENT_SECURITY_POLICY).contains("script-src 'self' 'nonce-"));
    for _ in 0..29 {
        let form = format!("nonce={}&body=hello", backend::testing::nonce());
        assert_eq!(site.write(Some("Anna"), &page, &form).await.status, 303);
    }
    let mut last = 0;
    for _ in 0..5 {
        let form = format!("nonce={}&body=too+often", backend::testing::nonce());
        last = site.write(Some("Anna"), &page, &form).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn a_form_is_for_those_in_the_channel_and_comes_from_our_own_page() {
    let site = Site::new().await;
    let channel = site.world.direct("Anna", "Ben").await;
    let page = format!("/en/community/chat?channel={channel}");
    let form = format!("nonce={}&body=hello", nonce());
    let outside = site.write(Some("Clara"), &page, &form).await;
    assert_eq!(outside.status, 404);
    assert!(!outside.text.contains("Ben Carter\"") || outside.text.contains("There is nothing here for you"));
    let nowhere = site.write(Some("Clara"), &format!("/en/community/chat?channel={NOBODYS_ID}"), &form).await;
    assert_eq!(nowhere.status, 404);
    let anonymous = site.write(None, &page, &form).await;
    assert_eq!((anonymous.status, anonymous.header(LOCATION)), (303, "/en/sign-in"));
    for (page, form) in [
        (&*page, "body=hello"),
        (&*page, "nonce=1&body=hello"),
        (&*page, ""),
        ("/en/community/chat", &*form),
        ("/en/community/chat?channel=1", &*form),
    ] {
        site.write(Some("Anna"), page, form).await.refuses(400, &json!("malformed"));
    }
    // Where a browser would take the answer for an address of another site.
    let elsewhere = format!("/%5Cevil.example/community/chat?channel={channel}");
    assert_eq!(site.write(Some("Anna"), &elsewhere, &form).await.header(LOCATION), "");

    let mut forged = Request::post(&page).header(HOST, "parish.example").header(CONTENT_TYPE, FORM);
    forged = forged.header(ORIGIN, "https://evil.example").header("sec-fetch-site", "cross-site");
    forged = forged.header(COOKIE, format!("paxora={}", site.world.session("Anna")));
    assert_eq!(site.send(forged.body(form.into()).unwrap()).await.status, 403);
    let lines = site.call("Ben", "messages", json!({ "channel": channel, "before": null })).await;
    assert!(!lines.text.contains("\"hello\""), "{}", lines.text);
}
