//! The other tabs of this browser: who of them may do something, and what they tell each other.

use crate::browser::Standing;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

/// What the tabs of this browser tell each other under one name. Dropping it listens no more.
pub(crate) struct Relay {
    channel: BroadcastChannel,
    _told: Closure<dyn Fn(MessageEvent)>,
}

impl Relay {
    /// `told` gets what the other tabs post. None in a browser that has no such thing.
    pub(crate) fn open(name: &str, told: impl Fn(String) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let told = Closure::new(move |event: MessageEvent| told(event.data().as_string().unwrap_or_default()));
        channel.set_onmessage(Some(told.as_ref().unchecked_ref()));
        Some(Relay { channel, _told: told })
    }

    /// Tells the other tabs.
    pub(crate) fn post(&self, words: &str) {
        // Fails only when closed.
        let _ = self.channel.post_message(&words.into());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`, of which `web-sys` has only an unstable draft.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, granted: &Function) -> Result<Promise, JsValue>;
}

/// None in an older browser, or where the page did not come by https.
fn manager() -> Option<LockManager> {
    let locks = Reflect::get(window().navigator().as_ref(), &"locks".into()).ok()?;
    (!locks.is_undefined()).then(|| locks.unchecked_into())
}

/// A lock that one tab of this browser has at a time. Dropping it lets go of it, or leaves the queue.
pub(crate) struct Lock {
    queue: AbortController,
    hold: Rc<Hold>,
}

/// What a lock shares with the request that is under way.
#[derive(Default)]
struct Hold {
    /// Lets go of the lock, while we have it.
    release: RefCell<Option<Function>>,
    /// Nobody wants it any more.
    over: Cell<bool>,
}

impl Hold {
    fn let_go(&self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

impl Lock {
    /// Whether the browser has locks.
    pub(crate) fn exist() -> bool {
        manager().is_some()
    }

    /// Takes the lock once it is free. `told` hears how we stand, at first and at each change. A browser without locks lets
    /// every tab have every lock.
    pub(crate) fn request(name: &str, told: impl Fn(Standing) + 'static) -> Option<Self> {
        Self::ask(name, told, false)
    }

    /// Takes the lock away from whoever has it.
    pub(crate) fn steal(name: &str, told: impl Fn(Standing) + 'static) -> Option<Self> {
        Self::ask(name, told, true)
    }

    fn ask(name: &str, told: impl Fn(Standing) + 'static, steal: bool) -> Option<Self> {
        let queue = AbortController::new().ok()?;
        let hold = Rc::new(Hold::default());
        let lock = Lock { queue: queue.clone(), hold: Rc::clone(&hold) };
        let (name, told): (_, Rc<dyn Fn(Standing)>) = (name.to_owned(), Rc::new(told));
        spawn_local(async move {
            let first = if steal { "steal" } else { "ifAvailable" };
            let mut had = take(&name, &option(first, &JsValue::TRUE), &hold, &told).await;
            if had == Had::Nothing && !hold.over.get() {
                told(Standing::Waiting);
                had = take(&name, &option("signal", &queue.signal()), &hold, &told).await;
            }
            match had {
                _ if hold.over.get() => {}
                Had::UntilStolen => told(Standing::Lost),
                Had::Refused => told(Standing::Held),
                Had::UntilLetGo | Had::Nothing => {}
            }
        });
        Some(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.hold.over.set(true);
        self.queue.abort();
        self.hold.let_go();
    }
}

/// Whether nobody has this lock right now.
pub(crate) async fn is_free(name: &str) -> bool {
    let hold = Rc::new(Hold::default());
    let told: Rc<dyn Fn(Standing)> = Rc::new({
        let hold = Rc::clone(&hold);
        move |_| hold.let_go()
    });
    take(name, &option("ifAvailable", &JsValue::TRUE), &hold, &told).await != Had::Nothing
}

/// How long a lock was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Had {
    Nothing,
    UntilLetGo,
    UntilStolen,
    /// The browser has no locks, or none for this page.
    Refused,
}

/// One request, from the first moment to the end of the lock.
async fn take(name: &str, options: &Object, hold: &Rc<Hold>, told: &Rc<dyn Fn(Standing)>) -> Had {
    let Some(manager) = manager() else { return Had::Refused };
    let got = Rc::new(Cell::new(false));
    let granted = Closure::<dyn Fn(JsValue) -> JsValue>::new({
        let (hold, told, got) = (Rc::clone(hold), Rc::clone(told), Rc::clone(&got));
        move |lock: JsValue| {
            if lock.is_null() || hold.over.get() {
                return JsValue::UNDEFINED;
            }
            got.set(true);
            let held = Promise::new(&mut |release, _| _ = hold.release.replace(Some(release)));
            told(Standing::Held);
            held.into()
        }
    });
    let ended = match manager.request(name, options, granted.as_ref().unchecked_ref()) {
        Ok(ended) => JsFuture::from(ended).await,
        Err(why) => Err(why),
    };
    match (got.get(), ended.is_ok()) {
        (true, true) => Had::UntilLetGo,
        (true, false) => Had::UntilStolen,
        (false, true) => Had::Nothing,
        (false, false) => Had::Refused,
    }
}

fn option(name: &str, value: &JsValue) -> Object {
    let options = Object::new();
    // An object of our own takes everything.
    let _ = Reflect::set(&options, &name.into(), value);
    options
}
