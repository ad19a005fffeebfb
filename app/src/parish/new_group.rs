//! A group to be.

use super::deed::Deed;
use super::naming::NameField;
use crate::api::create_group;
use crate::call::PickPeople;
use crate::help::Refused;
use crate::i18n::{people, t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Sheet};
use domain::MemberId;
use leptos::prelude::*;

/// The button that makes a group, and what it asks: a name, and who belongs to it.
#[component]
pub(super) fn NewGroup() -> impl IntoView {
    let i18n = use_i18n();
    let shown = RwSignal::new(false);
    view! {
        <button type="button" class="button is-accent" on:click=move |_| shown.set(true)>
            <Icon glyph=Glyph::Users />
            {t!(i18n, groups.another)}
        </button>
        <Sheet open=shown id="new-group" title=t!(i18n, groups.another)>
            <Form shown />
        </Sheet>
    }
    .into_any()
}

#[component]
fn Form(shown: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let name = RwSignal::new(String::new());
    let make = move |members: Vec<MemberId>| {
        deed.ask(create_group(name.get_untracked(), members), move |_| {
            live.reload();
            shown.set(false);
        });
    };
    view! {
        <Refused why=deed.refused() />
        <NameField name label=t!(i18n, groups.name) />
        <p class="sheet-lead">{t!(i18n, groups.new_lead)}</p>
        <PickPeople
            inside=Signal::derive(move || live.me().into_iter().collect::<Vec<_>>())
            any_number=true
            words=|i18n, picked| match picked {
                0 => t!(i18n, groups.make).to_owned(),
                count => t!(i18n, groups.make_with, people = people(i18n, count)),
            }
            on_ring=make
        />
    }
    .into_any()
}
