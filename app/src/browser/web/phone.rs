//! The service worker, and through it what rings while no page is open.

use crate::browser::{FromWorker, Kind, Permission, Place, Registered};
use domain::CallId;
use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, MessageEvent, Notification, NotificationPermission, PushSubscription,
    PushSubscriptionOptionsInit, RequestInit, Response, ServiceWorkerRegistration,
};

const WORKER: &str = "/sw.js";
/// How long we wait for an answer, in milliseconds.
const ANSWER_WITHIN: u32 = 10_000;

/// What the worker says to its pages.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Said {
    Open {
        url: String,
        answer: Option<CallId>,
    },
    Push {
        kind: String,
    },
    #[serde(other)]
    Other,
}

/// Listens to the worker until it is dropped.
pub(crate) struct Worker {
    heard: Closure<dyn Fn(MessageEvent)>,
}

impl Worker {
    /// Puts our service worker in place, or its newer version, and listens to it. None where there are none.
    pub(crate) fn start(told: impl Fn(FromWorker) + 'static) -> Option<Self> {
        let container = container()?;
        let heard = Closure::new(move |event: MessageEvent| {
            let said = JSON::stringify(&event.data()).ok().and_then(|text| text.as_string());
            match said.and_then(|text| serde_json::from_str(&text).ok()) {
                Some(Said::Open { url, answer }) => told(FromWorker::Open { url, answer }),
                Some(Said::Push { kind }) => told(FromWorker::Pushed(Kind::of(&kind))),
                Some(Said::Other) | None => {}
            }
        });
        let _ = container.add_event_listener_with_callback("message", heard.as_ref().unchecked_ref());
        let registered = container.register(WORKER);
        leptos::task::spawn_local(async move {
            // Refused where pages do not come by https.
            drop(JsFuture::from(registered).await);
            tell_worker(json!({ "type": "here" })).await;
        });
        Some(Worker { heard })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(container) = container() {
            let _ = container.remove_event_listener_with_callback("message", self.heard.as_ref().unchecked_ref());
        }
    }
}

/// Tells the worker something.
pub(crate) async fn tell_worker(what: Value) {
    if let (Some(registration), Ok(what)) = (registration().await, JSON::parse(&what.to_string()))
        && let Some(worker) = registration.active()
    {
        let _ = worker.post_message(&what);
    }
}

/// Where the app runs, as far as that decides how it can ring.
pub(crate) fn place() -> Place {
    let agent = window().navigator().user_agent().unwrap_or_default();
    // An iPad says that it is a Mac, but has a screen to touch.
    let touched = window().navigator().max_touch_points() > 1;
    let apple = agent.contains("iPhone") || agent.contains("iPad") || (agent.contains("Macintosh") && touched);
    if is_installed() {
        Place::Installed
    } else if apple {
        Place::AppleBrowser
    } else if agent.contains("Android") {
        Place::AndroidBrowser
    } else {
        Place::Desktop
    }
}

fn is_installed() -> bool {
    let standalone = window().match_media("(display-mode: standalone)").ok().flatten();
    // Safari's own word for it.
    let home_screen = Reflect::get(window().navigator().as_ref(), &"standalone".into()).is_ok_and(|it| it.is_truthy());
    home_screen || standalone.is_some_and(|media| media.matches())
}

/// Whether this browser may show cards.
pub(crate) fn permission() -> Permission {
    let can = ["Notification", "PushManager"].iter().all(|&it| Reflect::has(&window(), &it.into()).unwrap_or(false));
    if !can || container().is_none() {
        return Permission::Impossible;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Granted,
        NotificationPermission::Denied => Permission::Denied,
        _ => Permission::NotAsked,
    }
}

/// Asks to show cards. Call it in the tap's own handler.
pub(crate) fn ask_permission() -> impl Future<Output = Permission> + 'static {
    let asked = Notification::request_permission().ok();
    async move {
        if let Some(asked) = asked {
            let _ = JsFuture::from(asked).await;
        }
        permission()
    }
}

/// Where this browser can be reached, if it can.
pub(crate) async fn subscription() -> Option<Registered> {
    let manager = ready().await?.push_manager().ok()?;
    let found = JsFuture::from(manager.get_subscription().ok()?).await.ok()?;
    registered(&found.dyn_into().ok()?)
}

/// Has this browser reached with this key, and no other, from now on.
pub(crate) async fn subscribe(key: &str) -> Option<Registered> {
    let manager = ready().await?.push_manager().ok()?;
    if let Ok(old) = JsFuture::from(manager.get_subscription().ok()?).await
        && let Ok(old) = old.dyn_into::<PushSubscription>()
        && let Ok(gone) = old.unsubscribe()
    {
        let _ = JsFuture::from(gone).await;
    }
    let options = PushSubscriptionOptionsInit::new();
    options.set_user_visible_only(true);
    options.set_application_server_key(&bytes(key)?.into());
    let made = JsFuture::from(manager.subscribe_with_options(&options).ok()?).await.ok()?;
    registered(&made.dyn_into().ok()?)
}

#[derive(Deserialize)]
struct Written {
    endpoint: String,
    keys: Value,
}

fn registered(subscription: &PushSubscription) -> Option<Registered> {
    // Its own `toJSON`, and no other spelling.
    let text = JSON::stringify(subscription).ok()?.as_string()?;
    let Written { endpoint, keys } = serde_json::from_str(&text).ok()?;
    let options = Reflect::get(subscription, &"options".into()).ok()?;
    let key = Reflect::get(&options, &"applicationServerKey".into()).ok()?;
    let key = base64url(&Uint8Array::new(&key).to_vec())?;
    Some(Registered { endpoint, keys, key })
}

/// The number on the app's icon, where there is one.
pub(crate) fn set_badge(count: u32) {
    let navigator: JsValue = window().navigator().into();
    let name = if count == 0 { "clearAppBadge" } else { "setAppBadge" };
    let Ok(set) = Reflect::get(&navigator, &name.into()) else { return };
    let Some(set) = set.dyn_ref::<Function>() else { return };
    let arguments = Array::new();
    if count > 0 {
        arguments.push(&count.into());
    }
    if let Ok(done) = set.apply(&navigator, &arguments)
        && let Ok(done) = done.dyn_into::<Promise>()
    {
        // Refused for an app that is not installed.
        leptos::task::spawn_local(async move { drop(JsFuture::from(done).await) });
    }
}

/// Sends JSON to an address of ours: status and text of the answer; none if the server could not be reached in time.
pub(crate) async fn post(url: &str, body: Value) -> Option<(u16, String)> {
    let headers = Headers::new().ok()?;
    headers.set("content-type", "application/json").ok()?;
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&headers);
    options.set_body(&body.to_string().into());
    options.set_signal(Some(&AbortSignal::timeout_with_u32(ANSWER_WITHIN)));
    let response = JsFuture::from(window().fetch_with_str_and_init(url, &options)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), text.as_string().unwrap_or_default()))
}

fn container() -> Option<web_sys::ServiceWorkerContainer> {
    let navigator = window().navigator();
    // Pages that did not come by https have none.
    let has = Reflect::has(navigator.as_ref(), &"serviceWorker".into()).unwrap_or(false);
    has.then(|| navigator.service_worker())
}

/// None without a service worker.
async fn registration() -> Option<ServiceWorkerRegistration> {
    JsFuture::from(container()?.get_registration()).await.ok()?.dyn_into().ok()
}

/// With a worker that is at work.
async fn ready() -> Option<ServiceWorkerRegistration> {
    JsFuture::from(container()?.ready().ok()?).await.ok()?.dyn_into().ok()
}

fn bytes(base64url: &str) -> Option<Uint8Array> {
    let binary = window().atob(&base64url.replace('-', "+").replace('_', "/")).ok()?;
    let bytes: Vec<u8> = binary.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or_default()).collect();
    Some(Uint8Array::from(&bytes[..]))
}

fn base64url(bytes: &[u8]) -> Option<String> {
    let binary: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = window().btoa(&binary).ok()?;
    Some(text.replace('+', "-").replace('/', "_").replace('=', ""))
}
