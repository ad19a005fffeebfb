//! The table: what can be asked, and what each is answered who could ask it.
//!
//! The columns are [`ROLES`](super::house::ROLES): nobody is signed in; an admin, but of another parish; a member, but neither
//! in the group that it is about nor in its call; a member in both; one who is blocked; one who has left; a coordinator; an
//! admin. What somebody may not know of is 404 to them, as if it were not there; what they may know of and not do is 403. No ring is
//! for who is blocked, so there is none that they could answer to: 409.

use super::house::{Given, Known};
use super::*;

/// One thing that can be asked, and what it is answered.
pub(super) struct Row {
    /// The address as the router has it.
    pub(super) route: String,
    pub(super) method: Method,
    /// The address that is asked. `MINE`, here and in the body, is a message of whoever asks, `ROLE` who that is.
    pub(super) path: String,
    /// The kind of the body, if there is one.
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) given: Given,
    pub(super) expected: [u16; 8],
}

impl Row {
    fn asked(method: Method, expected: &str, route: &str, path: &str) -> Row {
        let statuses: Vec<u16> = expected.split(' ').map(|status| status.parse().unwrap()).collect();
        let (route, path) = (route.to_owned(), path.to_owned());
        let expected = statuses.try_into().unwrap();
        Row { route, method, path, kind: "", body: String::new(), given: Given::Ringing, expected }
    }

    fn get(expected: &str, route: &str) -> Row {
        Row::asked(Method::GET, expected, route, route)
    }

    fn post(expected: &str, route: &str, body: &Value) -> Row {
        Row { kind: JSON, body: body.to_string(), ..Row::asked(Method::POST, expected, route, route) }
    }

    fn at(self, path: &str) -> Row {
        Row { path: path.to_owned(), ..self }
    }

    fn talking(self) -> Row {
        Row { given: Given::Talking, ..self }
    }
}

/// A server function that takes JSON.
fn call(expected: &str, name: &str, arguments: &Value) -> Row {
    Row::post(expected, &format!("/api/{name}"), arguments)
}

/// A server function that takes a form.
fn form(expected: &str, name: &str, fields: &str) -> Row {
    let route = format!("/api/{name}");
    Row { kind: FORM, body: fields.to_owned(), ..Row::asked(Method::POST, expected, &route, &route) }
}

/// A page, behind the language.
fn page(expected: &str, name: &str) -> Row {
    Row::get(expected, &format!("/{{locale}}/{name}")).at(&format!("/en/{name}"))
}

/// Everything that can be asked.
pub(super) fn rows(known: &Known) -> Vec<Row> {
    [calls, messages, people, parish, coming_and_going, plain_addresses, pages]
        .iter()
        .flat_map(|rows| rows(known))
        .collect()
}

fn calls(known: &Known) -> Vec<Row> {
    let Known { call: id, group, direct, david, parish, .. } = known;
    let (it, once) = (json!({ "call": id }), json!({ "call": id, "nonce": nonce() }));
    let ring = |channel| json!({ "channel": channel, "targets": [], "tap": tap() });
    let gather = json!({ "channel": group, "tap": tap() });
    let answer = json!({ "call": id, "tap": tap() });
    let more = json!({ "call": id, "members": [david], "nonce": nonce() });
    let hand = json!({ "call": id, "sign": { "hand": true }, "nonce": nonce() });
    let lead = |act| json!({ "call": id, "act": act, "nonce": nonce() });
    let history = json!({ "channel": group, "missed": false, "before": null });
    let recent = json!({ "parish": parish, "missed": false, "before": null });
    let channel = json!({ "channel": group });
    vec![
        //    nob els apt mem blk lft crd adm
        call("401 404 404 200 403 401 200 200", "voice/initiate_call", &ring(group)),
        call("401 404 404 200 404 401 404 404", "voice/initiate_call", &ring(direct)),
        call("401 404 404 200 403 401 200 200", "voice/gather_call", &gather),
        call("401 404 404 200 403 401 200 200", "voice/answer_call", &answer),
        call("401 404 404 200 409 401 200 200", "voice/confirm_ring", &it),
        call("401 404 404 200 409 401 200 200", "voice/decline_call", &once),
        call("401 404 404 200 409 401 200 200", "voice/end_call", &once).talking(),
        call("401 404 404 200 403 401 200 200", "voice/move_call", &once).talking(),
        call("401 404 404 200 403 401 200 200", "voice/call_token", &it).talking(),
        call("401 404 404 200 403 401 200 200", "voice/add_participants", &more).talking(),
        call("401 404 404 200 409 401 200 200", "voice/show_sign", &hand).talking(),
        call("401 404 404 403 403 401 200 200", "voice/lead_call", &lead("mute_others")).talking(),
        call("401 404 404 403 403 401 200 200", "voice/lead_call", &lead("end_for_all")).talking(),
        call("401 404 403 403 403 401 200 200", "voice/ring_urgently", &it).talking(),
        call("401 404 404 200 200 401 200 200", "voice/active_call", &channel),
        call("401 404 404 200 200 401 200 200", "voice/call_history", &history),
        call("401 404 200 200 200 401 200 200", "voice/recent_calls", &recent),
        call("401 404 404 200 200 401 200 200", "voice/mark_calls_seen", &channel),
        call("401 200 200 200 200 401 200 200", "live", &json!({})),
    ]
}

fn messages(known: &Known) -> Vec<Row> {
    let Known { group, davids, david, .. } = known;
    let (channel, mine, his) = (json!({ "channel": group, "before": null }), json!("MINE"), json!(davids));
    let around = json!({ "channel": group, "around": davids });
    let search = json!({ "channel": group, "words": "hello", "before": null });
    let hello = json!({ "channel": group, "body": "hello" });
    let edit = |message: &Value| json!({ "message": message, "body": "hello" });
    let remove = |message: &Value| json!({ "message": message });
    let read = json!({ "channel": group, "up_to": davids });
    let notices = json!({ "channel": group, "notices": "none" });
    let report = |what| json!({ "what": what, "note": "" });
    vec![
        //    nob els apt mem blk lft crd adm
        call("401 404 404 200 200 401 200 200", "messages", &channel),
        call("401 404 404 200 200 401 200 200", "messages_around", &around),
        call("401 404 404 200 200 401 200 200", "search_messages", &search),
        call("401 404 404 200 403 401 200 200", "post_message", &hello),
        call("401 404 404 200 403 401 200 200", "edit_message", &edit(&mine)),
        call("401 404 404 403 403 401 403 403", "edit_message", &edit(&his)),
        call("401 404 404 200 403 401 200 200", "remove_message", &remove(&mine)),
        call("401 404 404 403 403 401 200 200", "remove_message", &remove(&his)),
        call("401 404 404 200 200 401 200 200", "mark_read", &read),
        call("401 404 404 200 200 401 200 200", "set_notices", &notices),
        call("401 404 404 200 200 401 200 200", "report", &report(json!({ "message": davids }))),
        call("401 404 200 200 200 401 200 200", "report", &report(json!({ "member": david }))),
    ]
}

fn people(known: &Known) -> Vec<Row> {
    let Known { david, device, .. } = known;
    let quiet = json!({ "hours": { "from": 1320, "until": 420 } });
    let block = json!({ "member": david, "block": true });
    let change = |current| json!({ "current": current, "new": "another five words" });
    vec![
        //    nob els apt mem blk lft crd adm
        call("401 200 200 200 200 401 200 200", "community", &json!({})),
        call("401 404 200 200 403 401 200 200", "open_direct", &json!({ "member": david })),
        call("401 404 200 200 200 401 200 200", "block_member", &block),
        call("401 200 200 200 200 401 200 200", "rename_me", &json!({ "name": "Ina" })),
        call("401 200 200 200 200 401 200 200", "choose_hue", &json!({ "hue": 3 })),
        call("401 200 200 200 200 401 200 200", "set_language", &json!({ "language": "pl" })),
        call("401 200 200 200 200 401 200 200", "set_quiet_hours", &quiet),
        call("401 200 200 200 200 401 200 200", "device_code", &json!({})),
        call("401 200 200 200 200 401 200 200", "devices", &json!({})),
        // A device of the member.
        call("401 404 404 200 404 401 404 404", "sign_out_device", &json!({ "device": device })),
        call("401 200 200 200 200 401 200 200", "sign_out_elsewhere", &json!({})),
        call("401 200 200 200 200 401 200 200", "change_password", &change(Known::PASSWORD)),
        call("401 403 403 403 403 401 403 403", "change_password", &change("wrong horse")),
        // The only admin of another parish.
        form("401 409 200 200 200 401 200 200", "leave_parish", ""),
        form("401 409 200 200 200 401 200 200", "delete_account", "password=correct+horse"),
        form("401 403 403 403 403 401 403 403", "delete_account", "password=wrong+horse"),
    ]
}

fn parish(known: &Known) -> Vec<Row> {
    let Known { david, group, invite, report, .. } = known;
    let (whose, nothing) = (json!({ "member": david }), json!({}));
    let new = |role| json!({ "role": role, "uses": 1, "days": 1 });
    let role = json!({ "member": david, "role": "admin" });
    let youth = json!({ "name": "Altar", "members": [david] });
    let change = json!({ "group": group, "change": { "announcements_only": true } });
    let close = |outcome| json!({ "report": report, "outcome": outcome });
    vec![
        //    nob els apt mem blk lft crd adm
        call("401 200 403 403 403 401 200 200", "parish/invites", &nothing),
        call("401 200 403 403 403 401 200 200", "parish/create_invite", &new("member")),
        call("401 200 403 403 403 401 403 200", "parish/create_invite", &new("admin")),
        // One that is not there is withdrawn already.
        call("401 200 403 403 403 401 200 200", "parish/revoke_invite", &json!({ "invite": invite })),
        call("401 404 403 403 403 401 403 200", "parish/change_role", &role),
        call("401 404 403 403 403 401 403 200", "parish/remove_member", &whose),
        call("401 404 403 403 403 401 200 200", "parish/reset_link", &whose),
        call("401 200 403 403 403 401 200 200", "parish/groups", &nothing),
        call("401 400 403 403 403 401 200 200", "parish/create_group", &youth),
        call("401 404 403 403 403 401 200 200", "parish/change_group", &change),
        call("401 200 403 403 403 401 200 200", "parish/overview", &json!({ "language": "en" })),
        call("401 200 403 403 403 401 200 200", "parish/reports", &nothing),
        call("401 404 403 403 403 401 200 200", "parish/close_report", &close("nothing")),
        call("401 404 403 403 403 401 403 200", "parish/close_report", &close("removed")),
        call("401 200 403 403 403 401 403 200", "parish/set_time_zone", &json!({ "name": "Europe/Warsaw" })),
    ]
}

/// What needs no session, but a secret, or nothing.
fn coming_and_going(_: &Known) -> Vec<Row> {
    let (invite, link, reset) = (Known::INVITE, Known::LINK, Known::RESET);
    let account = |invite| format!("invite={invite}&name=Zoe&login=zoe&password=five+plain+words");
    let new = |token| format!("token={token}&password=five+plain+words");
    let (right, wrong) = ("login=olga&password=correct+horse", "login=olga&password=wrong+horse");
    vec![
        //    nob els apt mem blk lft crd adm
        call("200 200 200 200 200 200 200 200", "page", &json!({ "page": "privacy", "language": "en" })),
        call("200 200 200 200 200 200 200 200", "invitation", &json!({ "invite": invite })),
        call("404 404 404 404 404 404 404 404", "invitation", &json!({ "invite": "made-up" })),
        call("200 200 200 200 200 200 200 200", "link_owner", &json!({ "token": link })),
        call("404 404 404 404 404 404 404 404", "link_owner", &json!({ "token": "made-up" })),
        call("200 200 200 200 200 200 200 200", "reset_owner", &json!({ "token": reset })),
        call("404 404 404 404 404 404 404 404", "reset_owner", &json!({ "token": "made-up" })),
        form("200 200 200 200 200 200 200 200", "sign_in", right),
        form("401 401 401 401 401 401 401 401", "sign_in", wrong),
        form("200 200 200 200 200 200 200 200", "sign_in_by_link", &format!("token={link}")),
        form("404 404 404 404 404 404 404 404", "sign_in_by_link", "token=made-up"),
        form("200 200 200 200 200 200 200 200", "sign_up", &account(invite)),
        form("404 404 404 404 404 404 404 404", "sign_up", &account("made-up")),
        form("200 200 200 200 200 200 200 200", "reset_password", &new(reset)),
        form("404 404 404 404 404 404 404 404", "reset_password", &new("made-up")),
        form("200 200 200 200 200 200 200 200", "sign_out", ""),
    ]
}

/// Addresses that no server function has.
fn plain_addresses(known: &Known) -> Vec<Row> {
    let Known { call: id, parish, push_key, david, now, .. } = known;
    let key = backend::testing::subscription("", push_key);
    let subscription = json!({
        "endpoint": "https://fcm.googleapis.com/fcm/send/new-ROLE",
        "keys": { "p256dh": key.p256dh, "auth": key.auth },
        "key": push_key,
    });
    let (chat, written) = ("/{locale}/community/chat", format!("/en/community/chat?channel={}", known.group));
    let words = format!("nonce={}&body=hello", nonce());
    let write = Row::asked(Method::POST, "303 404 404 303 403 303 303 303", chat, &written);
    let (token, active) = (format!("/api/voice/token?callId={id}"), format!("/api/voice/active?parishId={parish}"));
    let hook = json!({
        "event": "participant_left", "id": "EV_1", "createdAt": now.0 / 1000,
        "room": { "sid": "RM_1", "name": backend::voice_server::room_of(*id) },
        "participant": { "sid": "PA_1", "identity": format!("{david}:1"), "disconnectReason": "CLIENT_INITIATED" },
    });
    vec![
        //    nob els apt mem blk lft crd adm
        Row::get("200 200 200 200 200 200 200 200", "/health"),
        Row::get("200 200 200 200 200 200 200 200", "/ready"),
        Row::get("401 200 200 200 200 401 200 200", "/api/events"),
        Row::get("401 200 200 200 200 401 200 200", "/api/export"),
        Row::get("401 404 404 200 403 401 200 200", "/api/voice/token").at(&token).talking(),
        Row::get("401 404 200 200 200 401 200 200", "/api/voice/active").at(&active),
        Row::get("401 200 200 200 200 401 200 200", "/api/push/key"),
        Row::get("401 200 200 200 200 401 200 200", "/api/push/device"),
        Row::get("401 200 200 200 200 401 200 200", "/api/push/badge"),
        Row::post("401 204 204 204 204 401 204 204", "/api/push/subscription", &subscription),
        Row::post("401 200 200 200 200 401 200 200", "/api/push/receipt", &json!({ "callId": id })),
        Row::post("401 204 204 204 204 401 204 204", "/api/push/test", &json!({})),
        // Whoever has the card may.
        Row::post("204 204 204 204 204 204 204 204", "/api/push/decline", &json!({ "token": Known::CARD })),
        Row { kind: FORM, body: words, ..write },
        // Other machines: a session is no proof.
        Row::get("401 401 401 401 401 401 401 401", "/api/cron/expire-calls"),
        Row::post("401 401 401 401 401 401 401 401", "/api/cron/expire-calls", &json!({})),
        Row::post("401 401 401 401 401 401 401 401", "/api/livekit/webhook", &hook),
        // Neither is it for the voice server: without a token there is no connection.
        Row::get("405 405 405 405 405 405 405 405", "/voice"),
        Row::get("400 400 400 400 400 400 400 400", "/voice/rtc/v1"),
        Row::get("401 401 401 401 401 401 401 401", "/voice/rtc/v1/validate"),
    ]
}

/// Whoever is not signed in is led to sign in. What a page of those shows who lead is fetched by functions above.
fn pages(_: &Known) -> Vec<Row> {
    vec![
        //    nob els apt mem blk lft crd adm
        page("303 200 200 200 200 303 200 200", "community"),
        page("303 200 200 200 200 303 200 200", "community/chat"),
        page("303 200 200 200 200 303 200 200", "community/calls"),
        page("303 200 200 200 200 303 200 200", "community/members"),
        page("303 200 200 200 200 303 200 200", "community/admin"),
        page("303 200 200 200 200 303 200 200", "community/phone"),
        page("303 200 200 200 200 303 200 200", "community/reports"),
        page("200 200 200 200 200 200 200 200", "sign-in"),
        page("200 200 200 200 200 200 200 200", "sign-in/link"),
        page("200 200 200 200 200 200 200 200", "sign-in/password"),
        page("200 200 200 200 200 200 200 200", "help/microphone"),
        page("200 200 200 200 200 200 200 200", "privacy"),
        page("200 200 200 200 200 200 200 200", "help/{topic}").at("/en/help/sound"),
        page("200 200 200 200 200 200 200 200", "join/{invite}").at("/en/join/an-invite"),
        Row::get("303 303 303 303 303 303 303 303", "/"),
        Row::get("303 303 303 303 303 303 303 303", "/sign-in"),
        Row::get("303 303 303 303 303 303 303 303", "/sign-in/link"),
        Row::get("303 303 303 303 303 303 303 303", "/sign-in/password"),
        Row::get("303 303 303 303 303 303 303 303", "/join/{invite}"),
        Row::get("303 303 303 303 303 303 303 303", "/en"),
        Row::get("303 303 303 303 303 303 303 303", "/es"),
        Row::get("303 303 303 303 303 303 303 303", "/pl"),
    ]
}
