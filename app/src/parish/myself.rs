//! The one who is signed in: their name, their other devices, and what is stored of them.

use super::account::{AccountChoices, DeleteAccount};
use super::colours::Colours;
use super::deed::Deed;
use super::devices::Devices;
use super::handed_out::Link;
use super::naming::Rename;
use super::password::ChangePassword;
use crate::address;
use crate::api::{Page, device_code, rename_me};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Autofill, Glyph, Icon};
use domain::DeviceCode;
use leptos::either::EitherOf5;
use leptos::prelude::*;

/// What the card shows.
#[derive(Clone)]
enum Step {
    Choose,
    Code(DeviceCode),
    Devices,
    Password,
    Delete,
}

/// The card about oneself.
#[component]
pub(super) fn Myself(open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let name = RwSignal::new(untrack(|| live.me().map(|me| live.name_of(me))).unwrap_or_default());
    let step = RwSignal::new(Step::Choose);
    let changed = RwSignal::new(false);
    let rename = move |name: String| {
        deed.ask(rename_me(name), move |()| {
            live.reload();
            open.set(false);
        });
    };
    let choose_password = move |_| {
        changed.set(false);
        step.set(Step::Password);
    };
    let ask_code = move |_| deed.ask(device_code(), move |handed| step.set(Step::Code(handed)));
    view! {
        <Refused why=deed.refused() />
        <p class="notice-good" class:for-ears=move || !changed.get() role="status">
            {move || changed.get().then(|| view! {
                <Icon glyph=Glyph::CircleCheck />
                {t!(i18n, myself.password_done)}
            })}
        </p>
        {move || match step.get() {
            Step::Delete => EitherOf5::C(view! { <DeleteAccount deed on_no=move |()| step.set(Step::Choose) /> }),
            Step::Devices => EitherOf5::D(view! { <Devices /> }),
            Step::Password => EitherOf5::E(view! {
                <ChangePassword
                    deed
                    on_done=move |()| {
                        changed.set(true);
                        step.set(Step::Choose);
                    }
                    on_no=move |()| step.set(Step::Choose)
                />
            }),
            Step::Code(DeviceCode { code, link }) => EitherOf5::A(view! {
                <p>{t!(i18n, myself.code_lead)}</p>
                <p class="device-code">{code}</p>
                <p>{t!(i18n, myself.code_or)}</p>
                <Link handed=link />
            }),
            Step::Choose => EitherOf5::B(view! {
                <Rename
                    name
                    label=t!(i18n, join.name)
                    autofill=Autofill::Name
                    words=t!(i18n, myself.rename)
                    pending=deed.pending()
                    on_rename=rename
                />
                {untrack(|| live.me()).map(|me| view! { <Colours me /> })}
                <button type="button" class="choice-row" disabled=deed.pending() on:click=ask_code>
                    <Icon glyph=Glyph::Smartphone />
                    <span>
                        <strong>{t!(i18n, myself.device)}</strong>
                        <small>{t!(i18n, myself.device_hint)}</small>
                    </span>
                </button>
                <button type="button" class="choice-row" on:click=move |_| step.set(Step::Devices)>
                    <Icon glyph=Glyph::Lock />
                    <span>
                        <strong>{t!(i18n, myself.devices)}</strong>
                        <small>{t!(i18n, myself.devices_hint)}</small>
                    </span>
                </button>
                <button type="button" class="choice-row" on:click=choose_password>
                    <Icon glyph=Glyph::SquarePen />
                    <span>
                        <strong>{t!(i18n, myself.password)}</strong>
                        <small>{t!(i18n, myself.password_hint)}</small>
                    </span>
                </button>
                <AccountChoices on_delete=move |()| step.set(Step::Delete) />
                <p>
                    <a class="help-link" href=address::page(i18n.locale(), Page::Privacy)>
                        {t!(i18n, privacy.link)}
                    </a>
                </p>
            }),
        }}
    }
    .into_any()
}
