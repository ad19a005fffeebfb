//! How this device is reached while no page of ours is open: by push, through our service worker.

use super::live::{Live, use_live};
use super::voice_calls::{Phase, VoiceCalls, use_voice_calls};
use crate::browser::phone::{self, Worker};
use crate::browser::{self, FromWorker, Kind, Permission, Place, attention};
use domain::CallId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use serde_json::json;
use std::cell::RefCell;
use std::time::Duration;

const KEY: &str = "/api/push/key";
const SUBSCRIPTION: &str = "/api/push/subscription";
const DEVICE: &str = "/api/push/device";
const TEST: &str = "/api/push/test";

/// As long as anybody's phone rings.
const SOON: Duration = Duration::from_secs(60);

thread_local! {
    /// Lives as long as the tab.
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Whether this device rings while no page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does.
    Reached,
    /// Nobody was asked whether it may.
    NotAsked,
    /// The person, or the browser, said no.
    Denied,
    /// It may, and yet it cannot be reached.
    Unreachable,
    /// Only once the app is on the home screen.
    InstallFirst,
    /// This browser cannot.
    Impossible,
}

/// How a test ring goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    None,
    OnItsWay,
    Arrived,
    /// This device cannot be reached.
    Unreachable,
    /// The push service does not take it, or the server cannot be reached.
    Failed,
    /// It was asked for again and again.
    TooOften,
}

/// What the server knows of how it reaches this device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    pub(crate) subscribed: bool,
    /// Milliseconds since a push service last took something for it.
    pub(crate) accepted_ms_ago: Option<u64>,
    /// Why it last did not.
    pub(crate) refused: Option<String>,
}

/// Where a tap on a card leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) url: String,
    pub(crate) answer: Option<CallId>,
}

#[derive(Deserialize)]
struct ServerKey {
    key: String,
}

/// How this device is reached. Cheap to copy; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    live: Live,
    voice: VoiceCalls,
    /// None until the page is alive.
    permission: RwSignal<Option<Permission>>,
    place: RwSignal<Place>,
    /// None until the server was asked.
    device: RwSignal<Option<Device>>,
    test: RwSignal<Test>,
    arrival: RwSignal<Option<Arrival>>,
    /// The call that *Answer* was pressed for on a card.
    to_answer: RwSignal<Option<CallId>>,
}

/// Has this device reached for everything below. Needs [`provide_voice_calls`](super::provide_voice_calls) first.
pub(crate) fn provide_reach() -> Reach {
    let reach = Reach {
        live: use_live(),
        voice: use_voice_calls(),
        permission: RwSignal::default(),
        place: RwSignal::new(Place::Desktop),
        device: RwSignal::default(),
        test: RwSignal::new(Test::None),
        arrival: RwSignal::default(),
        to_answer: RwSignal::default(),
    };
    provide_context(reach);
    Effect::new(move || {
        if reach.live.me_untracked().is_some() {
            WORKER.set(Worker::start(move |said| reach.hear(said)));
            reach.place.set(phone::place());
            reach.permission.set(Some(phone::permission()));
            spawn_local(reach.renew());
            // Whoever changes it does so in the settings of the browser.
            browser::on_return(move || reach.permission.set(Some(phone::permission())));
        }
    });
    reach.count_on_the_icon();
    reach.close_cards();
    reach.answer_what_was_tapped();
    reach
}

/// How this device is reached.
///
/// # Panics
/// Outside of the app.
pub(crate) fn use_reach() -> Reach {
    expect_context()
}

impl Reach {
    /// None until we know.
    pub(crate) fn standing(&self) -> Signal<Option<Standing>> {
        let Reach { permission, device, place, .. } = *self;
        Memo::new(move |_| {
            let reached = device.with(|device| device.as_ref().map(|device| device.subscribed));
            Some(match (permission.get()?, reached) {
                (Permission::Impossible, _) if place.get() == Place::AppleBrowser => Standing::InstallFirst,
                (Permission::Impossible, _) => Standing::Impossible,
                (Permission::NotAsked, _) => Standing::NotAsked,
                (Permission::Denied, _) => Standing::Denied,
                (Permission::Granted, None) => return None,
                (Permission::Granted, Some(true)) => Standing::Reached,
                (Permission::Granted, Some(false)) => Standing::Unreachable,
            })
        })
        .into()
    }

    /// What the server knows of how it reaches this device.
    pub(crate) fn device(&self) -> Signal<Option<Device>> {
        self.device.into()
    }

    /// Where the app runs.
    pub(crate) fn place(&self) -> Signal<Place> {
        self.place.into()
    }

    /// How the test ring goes.
    pub(crate) fn test(&self) -> Signal<Test> {
        self.test.into()
    }

    /// Where a tap on a card leads; take it by setting it to none.
    pub(crate) fn arrival(&self) -> RwSignal<Option<Arrival>> {
        self.arrival
    }

    /// Has this device reached. Call it in the tap's own handler: the browser asks the person.
    pub(crate) fn turn_on(&self) {
        let (reach, asked) = (*self, phone::ask_permission());
        spawn_local(async move {
            reach.permission.set(Some(asked.await));
            reach.renew().await;
        });
    }

    /// Sends a test ring to this device.
    pub(crate) fn ring_for_a_test(&self) {
        let reach = *self;
        self.test.set(Test::OnItsWay);
        spawn_local(async move {
            let failed = match phone::post(TEST, json!({})).await.map(|(status, _)| status) {
                // It may have arrived already.
                Some(204) => None,
                Some(404) => Some(Test::Unreachable),
                Some(429) => Some(Test::TooOften),
                _ => Some(Test::Failed),
            };
            if let Some(failed) = failed {
                reach.test.set(failed);
            }
            reach.ask_about_device().await;
        });
    }

    /// Answers the call, or has it answered if it is heard of soon. Later it would be a surprise.
    pub(crate) fn answer(&self, call: CallId) {
        let to_answer = self.to_answer;
        to_answer.set(Some(call));
        let forget = move || to_answer.maybe_update(|waiting| waiting.take_if(|it| *it == call).is_some());
        set_timeout(forget, SOON);
    }

    /// Makes sure that the server knows where this browser can be reached, and that the browser has the server's key.
    async fn renew(self) {
        if self.permission.get_untracked() == Some(Permission::Granted) {
            let key = browser::fetch(KEY).await.and_then(|(_, text)| serde_json::from_str::<ServerKey>(&text).ok());
            if let Some(ServerKey { key }) = key {
                let known = phone::subscription().await;
                let old = known.as_ref().map(|known| known.endpoint.clone());
                // What our server does not know, the push service may have given up, without a word to the browser.
                let forgotten = device_now().await.is_some_and(|device| !device.subscribed);
                let current = match known.filter(|known| known.key == key && !forgotten) {
                    Some(known) => Some(known),
                    None => phone::subscribe(&key).await,
                };
                if let Some(it) = current {
                    let old = old.filter(|old| *old != it.endpoint);
                    let body = json!({ "endpoint": it.endpoint, "keys": it.keys, "key": it.key, "old": old });
                    phone::post(SUBSCRIPTION, body).await;
                }
            }
        }
        self.ask_about_device().await;
    }

    async fn ask_about_device(self) {
        if let Some(device) = device_now().await {
            self.device.set(Some(device));
        }
    }

    fn hear(&self, said: FromWorker) {
        match said {
            FromWorker::Open { url, answer } => self.arrival.set(Some(Arrival { url, answer })),
            FromWorker::Pushed(Kind::Test) => self.test.set(Test::Arrived),
            FromWorker::Pushed(Kind::News) => self.live.ask(),
        }
    }

    fn count_on_the_icon(self) {
        let community = self.live.community();
        let unread = Memo::new(move |_| {
            community.with(|community| Some(community.as_ref()?.channels.iter().map(|it| it.unread).sum::<u32>()))
        });
        Effect::new(move || {
            if let Some(unread) = unread.get() {
                phone::set_badge(unread);
            }
        });
    }

    /// The card of a ring that is over goes away here at once; what a push puts in its place stays.
    fn close_cards(self) {
        let ringing = self.voice.ringing();
        let ids = Memo::new(move |_| ringing.with(|calls| calls.iter().map(|call| call.id).collect::<Vec<_>>()));
        Effect::new(move |before: Option<Vec<CallId>>| {
            let now = ids.get();
            for over in before.into_iter().flatten().filter(|call| !now.contains(call)) {
                spawn_local(async move { attention::close(over).await });
            }
            now
        });
    }

    fn answer_what_was_tapped(self) {
        let (ringing, phase) = (self.voice.ringing(), self.voice.phase());
        Effect::new(move || {
            let Some(call) = self.to_answer.get() else { return };
            let busy = phase.with_untracked(|phase| matches!(phase, Phase::InCall(it) if it.id == call));
            if !busy && ringing.with(|calls| calls.iter().any(|it| it.id == call)) {
                self.to_answer.set(None);
                self.voice.answer(call);
            }
        });
    }
}

/// What the server says now; none if it cannot be asked.
async fn device_now() -> Option<Device> {
    let (status, text) = browser::fetch(DEVICE).await?;
    (status == 200).then(|| serde_json::from_str(&text).ok())?
}
