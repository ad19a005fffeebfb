//! The devices that the one who reads is signed in with.

use super::deed::{Deed, Latest};
use crate::api::{devices, sign_out_device, sign_out_elsewhere};
use crate::help::Refused;
use crate::i18n::{I18n, t, use_i18n};
use crate::state::use_live;
use crate::ui::{Day, Glyph, Icon, Show};
use crate::{address, browser};
use domain::device::{Browser, Machine, OwnDevice};
use leptos::prelude::*;

/// Each device with its browser and when it was last seen, and buttons that sign out one of them, or all but this one.
#[component]
pub(super) fn Devices() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let known = Latest::<Vec<OwnDevice>>::new();
    let fetch = move || known.ask(devices());
    Effect::new(move || {
        // Told to whoever is signed out somewhere.
        live.community().track();
        fetch();
    });
    let others = Memo::new(move |_| known.get().is_some_and(|known| known.iter().any(|device| !device.here)));
    view! {
        <p>{t!(i18n, devices.lead)}</p>
        <Refused why=deed.refused() />
        <ul class="invites">
            <For each=move || known.get().unwrap_or_default() key=|device| (device.id, device.seen) let:device>
                <Row device deed on_gone=move |()| fetch() />
            </For>
        </ul>
        <Show when=move || others.get()>
            <button
                type="button"
                class="button is-no"
                disabled=deed.pending()
                on:click=move |_| deed.ask(sign_out_elsewhere(), move |()| fetch())
            >
                <Icon glyph=Glyph::LogOut />
                {t!(i18n, devices.elsewhere)}
            </button>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(device: OwnDevice, deed: Deed, #[prop(into)] on_gone: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let OwnDevice { id, browser, machine, since, seen, here } = device;
    let name = name(i18n, browser, machine);
    let sign_out = move |_| {
        deed.ask(sign_out_device(id), move |()| {
            if here {
                browser::go_to(&address::sign_in(i18n.locale()));
            } else {
                on_gone.run(());
            }
        });
    };
    view! {
        <li class="invite">
            <span class="member-words">
                <strong>{name.clone()}</strong>
                <small>
                    {match here {
                        true => t!(i18n, devices.here).into_any(),
                        false => view! { {t!(i18n, devices.seen)}" "<Day at=seen.0 /> }.into_any(),
                    }}
                </small>
                <small>{t!(i18n, devices.since)}" "<Day at=since.0 /></small>
            </span>
            <button
                type="button"
                class="button is-quiet"
                aria-label=t!(i18n, devices.sign_out_of, name = &name)
                disabled=deed.pending()
                on:click=sign_out
            >
                <Icon glyph=Glyph::LogOut />
                {t!(i18n, devices.sign_out)}
            </button>
        </li>
    }
    .into_any()
}

/// *Firefox on Windows*.
fn name(i18n: I18n, browser: Browser, machine: Machine) -> String {
    let browser = match browser {
        Browser::Chrome => "Chrome",
        Browser::Edge => "Edge",
        Browser::Firefox => "Firefox",
        Browser::Safari => "Safari",
        Browser::Samsung => "Samsung",
        Browser::Other => t!(i18n, devices.other_browser),
    };
    let machine = match machine {
        Machine::Android => "Android",
        Machine::IPhone => "iPhone",
        Machine::IPad => "iPad",
        Machine::Mac => "Mac",
        Machine::Windows => "Windows",
        Machine::Linux => "Linux",
        Machine::Other => t!(i18n, devices.other_machine),
    };
    t!(i18n, devices.name, browser, machine)
}
