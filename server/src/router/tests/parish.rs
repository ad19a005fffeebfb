//! Who may do what for the parish, by HTTP, and what becomes of the pages of those who are put out.

use super::*;
use domain::Role;

impl Site {
    /// Joins by an invitation and answers the cookie.
    async fn joins(&self, parish: Option<&str>, role: Role, login: &str) -> String {
        let invite = self.world.backend.invite(parish, role).await.unwrap();
        let form = format!("invite={invite}&name={login}&login={login}&password=long+enough");
        let joined = self.submit("/api/sign_up", form).await;
        joined.header(SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    /// Asks with this cookie.
    async fn ask_as(&self, cookie: &str, function: &str, arguments: &Value) -> Answer {
        let request = Request::post(format!("/api/{function}")).header(CONTENT_TYPE, JSON).header(COOKIE, cookie);
        self.send(request.body(arguments.to_string().into()).unwrap()).await
    }
}

#[tokio::test]
async fn whoever_is_above_is_above() {
    let site = Site::new().await;
    let above = json!({ "member": site.world.actor("Anna").member(), "role": "admin", "uses": 1, "days": 1 });
    for function in ["parish/reset_link", "parish/create_invite"] {
        site.call("Clara", function, above.clone()).await.refuses(403, &json!("forbidden"));
        assert_eq!(site.call("Anna", function, above.clone()).await.status, 200, "{function}");
    }
    site.call("Anna", "parish/create_invite", json!({ "role": "member", "uses": 0, "days": 1 }))
        .await
        .refuses(400, &json!({ "invalid": "invite" }));
}

#[tokio::test]
async fn the_last_admin_stays() {
    let site = Site::new().await;
    let anna = site.world.actor("Anna").member();
    let refused = json!("last_admin");
    site.call("Anna", "parish/remove_member", json!({ "member": anna })).await.refuses(409, &refused);
    site.call("Anna", "leave_parish", json!({})).await.refuses(409, &refused);
    let demote = json!({ "member": anna, "role": "member" });
    site.call("Anna", "parish/change_role", demote).await.refuses(409, &refused);
}

#[tokio::test]
async fn the_stream_of_whoever_is_removed_says_so_once_and_ends() {
    let site = Site::new().await;
    let mut events = Stream::open(&site, "Ben").await;
    assert!(events.next().await.contains("event: snapshot"));
    let ben = site.world.actor("Ben").member();
    assert_eq!(site.call("Anna", "parish/remove_member", json!({ "member": ben })).await.status, 200);
    assert!(events.next().await.contains("event: community"));
    assert!(futures::StreamExt::next(&mut events.0).await.is_none());
    site.call("Ben", "community", json!({})).await.refuses(401, &json!("signed_out"));
    let page = site.get(Some("Ben"), "/en/community/members").await;
    assert_eq!((page.status, page.header(LOCATION)), (303, "/en/sign-in"));
}

#[tokio::test]
async fn whoever_leaves_is_sent_out_with_an_empty_cookie() {
    let site = Site::new().await;
    let left = site.call("Ben", "leave_parish", json!({})).await;
    assert!(left.status < 400, "{}", left.text);
    assert!(left.header(SET_COOKIE).starts_with("paxora=; "), "{}", left.header(SET_COOKIE));
    site.call("Ben", "live", json!({})).await.refuses(401, &json!("signed_out"));
}

#[tokio::test]
async fn a_new_password_is_chosen_by_a_link_before_the_page_is_alive() {
    let site = Site::new().await;
    let ben = site.world.actor("Ben").member();
    let handed = site.call("Clara", "parish/reset_link", json!({ "member": ben })).await.json();
    let token = handed["address"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let page = site.get(None, &format!("/en/sign-in/password?token={token}")).await;
    assert!(page.status == 200 && page.text.contains("Ben Carter"), "{}", page.text);
    let short = format!("token={token}&password=short");
    site.ask(None, Method::POST, "/api/reset_password", FORM, short)
        .await
        .refuses(400, &json!({ "invalid": "password" }));
    let form = format!("token={token}&password=correct+horse");
    let done = site.submit("/api/reset_password", form.clone()).await;
    assert_eq!((done.status, done.header(LOCATION)), (302, "/en/community/chat"), "{}", done.text);
    site.ask(None, Method::POST, "/api/reset_password", FORM, form).await.refuses(404, &json!("link_gone"));
    assert_eq!(
        site.submit("/api/sign_in", "login=ben&password=correct+horse").await.header(LOCATION),
        "/en/community/chat"
    );
    let page = site.get(None, &format!("/en/sign-in/password?token={token}")).await;
    assert!(page.text.contains("has been used"), "{}", page.text);
}

#[tokio::test]
async fn what_is_stored_of_somebody_is_a_file_for_them_alone() {
    let site = Site::new().await;
    let file = site.get(Some("Ben"), "/api/export").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header(http::header::CONTENT_DISPOSITION), "attachment; filename=\"paxora.json\"");
    assert_eq!(file.json()["profile"]["name"], "Ben Carter");
    site.get(None, "/api/export").await.refuses(401, &json!("signed_out"));
}

#[tokio::test]
async fn a_browser_that_signs_in_gets_a_cookie_of_its_own_making_never_the_one_it_came_with() {
    let site = Site::new().await;
    let first = site.joins(None, Role::Member, "felix").await;
    let form = "login=felix&password=long+enough";
    let sign_in = async |cookie: &str| {
        let request = Request::post("/api/sign_in").header(CONTENT_TYPE, FORM).header(COOKIE, cookie);
        let answer = site.send(request.body(form.into()).unwrap()).await;
        answer.header(SET_COOKIE).split(';').next().unwrap().to_owned()
    };
    let second = sign_in(&first).await;
    assert_ne!(first, second);
    site.ask_as(&first, "live", &json!({})).await.refuses(401, &json!("signed_out"));
    assert_eq!(site.ask_as(&second, "live", &json!({})).await.status, 200);
    let planted = "paxora=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_ne!(sign_in(planted).await, planted);
    site.ask_as(planted, "live", &json!({})).await.refuses(401, &json!("signed_out"));
}

#[tokio::test]
async fn the_stream_of_a_device_that_is_signed_out_elsewhere_says_so_once_and_ends() {
    let site = Site::new().await;
    let laptop = site.world.another_device("Ben").await;
    let mut events = Stream::open(&site, "Ben").await;
    assert!(events.next().await.contains("event: snapshot"));
    site.backend.sign_out_elsewhere(&laptop).await.unwrap();
    assert!(events.next().await.contains("event: community"));
    assert!(futures::StreamExt::next(&mut events.0).await.is_none());
}
