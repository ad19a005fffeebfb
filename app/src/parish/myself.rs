//! The one who is signed in: their name, and their other devices.

use super::deed::Deed;
use super::handed_out::Link;
use crate::api::{device_code, rename_me};
use crate::i18n::{t, t_string, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Notice};
use domain::DeviceCode;
use domain::text::NAME_MAX;
use leptos::either::Either;
use leptos::prelude::*;

/// The card about oneself.
#[component]
pub(super) fn Myself(open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let name = RwSignal::new(untrack(|| live.me().map(|me| live.name_of(me))).unwrap_or_default());
    let code = RwSignal::new(None::<DeviceCode>);
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        deed.ask(rename_me(name.get_untracked()), move |()| {
            live.reload();
            open.set(false);
        });
    };
    let ask_code = move |_| deed.ask(device_code(), move |handed| code.set(Some(handed)));
    view! {
        <Notice text=deed.refusal(i18n) />
        {move || match code.get() {
            Some(DeviceCode { code, link }) => Either::Left(view! {
                <p>{t!(i18n, myself.code_lead)}</p>
                <p class="device-code">{code}</p>
                <p>{t!(i18n, myself.code_or)}</p>
                <Link handed=link />
            }),
            None => Either::Right(view! {
                <form class="rename" on:submit=rename>
                    <label class="field">
                        <span>{t!(i18n, join.name)}</span>
                        <input
                            type="text"
                            required
                            autocomplete="name"
                            maxlength=NAME_MAX.to_string()
                            prop:value=move || name.get()
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="button is-quiet" disabled=deed.pending()>
                        {move || t_string!(i18n, myself.rename)}
                    </button>
                </form>
                <button type="button" class="choice-row" disabled=deed.pending() on:click=ask_code>
                    <Icon glyph=Glyph::Smartphone />
                    <span>
                        <strong>{t!(i18n, myself.device)}</strong>
                        <small>{t!(i18n, myself.device_hint)}</small>
                    </span>
                </button>
            }),
        }}
    }
    .into_any()
}
