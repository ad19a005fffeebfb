//! One group: who belongs to it, and what those change who keep it.

use super::deed::Deed;
use super::naming::Rename;
use crate::api::change_group;
use crate::call::PickPeople;
use crate::help::Refused;
use crate::i18n::{people, t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Show, Size};
use domain::{ChannelId, Group, GroupChange, MemberId};
use leptos::either::Either;
use leptos::html::Input;
use leptos::prelude::*;

/// The card about a group.
#[component]
pub(super) fn GroupSheet(id: ChannelId, groups: Memo<Vec<Group>>, keeps: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let adding = RwSignal::new(false);
    let group = Memo::new(move |_| groups.with(|groups| groups.iter().find(|group| group.id == id).cloned()));
    let inside =
        Signal::derive(move || group.with(|group| group.as_ref().map(|it| it.members.clone())).unwrap_or_default());
    let change = Callback::new(move |change: GroupChange| {
        let adds = matches!(change, GroupChange::Add(_));
        deed.ask(change_group(id, change), move |()| {
            live.reload();
            // Setting it draws the sheet anew, with what the server has not told yet as it was.
            if adds {
                adding.set(false);
            }
        });
    });
    let add = Callback::new(move |members: Vec<MemberId>| change.run(GroupChange::Add(members)));
    view! {
        <Refused why=deed.refused() />
        {move || if adding.get() {
            Either::Left(view! {
                <PickPeople
                    inside
                    any_number=true
                    words=|i18n, picked| match picked {
                        0 => t!(i18n, groups.add).to_owned(),
                        count => t!(i18n, groups.add_people, people = people(i18n, count)),
                    }
                    on_ring=add
                />
            })
        } else {
            Either::Right(view! {
                <Show when=move || keeps.get()>
                    <Settings group change deed />
                    <button type="button" class="button is-accent" on:click=move |_| adding.set(true)>
                        <Icon glyph=Glyph::UserPlus />
                        {t!(i18n, groups.add)}
                    </button>
                </Show>
                <ul class="person-list">
                    <For each=move || inside.get() key=|member| *member let:member>
                        <Inside member keeps change pending=deed.pending() />
                    </For>
                </ul>
            })
        }}
    }
    .into_any()
}

#[component]
fn Settings(group: Memo<Option<Group>>, change: Callback<GroupChange>, deed: Deed) -> impl IntoView {
    let i18n = use_i18n();
    let pending = deed.pending();
    let name =
        RwSignal::new(group.with_untracked(|group| group.as_ref().map(|it| it.name.clone())).unwrap_or_default());
    let announces = Memo::new(move |_| group.with(|group| group.as_ref().is_some_and(|it| it.announcements_only)));
    let tick = NodeRef::<Input>::new();
    Effect::new(move || {
        let refused = deed.refused().with(Option::is_some);
        if let Some(tick) = tick.get().filter(|_| refused) {
            tick.set_checked(announces.get_untracked());
        }
    });
    view! {
        <Rename
            name
            label=t!(i18n, groups.name)
            words=t!(i18n, groups.rename)
            pending
            on_rename=move |name| change.run(GroupChange::Rename(name))
        />
        <label class="choice-row">
            <input
                type="checkbox"
                node_ref=tick
                prop:checked=announces
                disabled=pending
                on:change=move |event| change.run(GroupChange::AnnouncementsOnly(event_target_checked(&event)))
            />
            <span>
                <strong>{t!(i18n, groups.announcements)}</strong>
                <small>{t!(i18n, groups.announcements_hint)}</small>
            </span>
        </label>
    }
    .into_any()
}

#[component]
fn Inside(member: MemberId, keeps: Memo<bool>, change: Callback<GroupChange>, pending: Signal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    view! {
        <li class="person">
            <MemberAvatar member size=Size::Medium />
            <span class="person-name">{move || live.name_of(member)}</span>
            <Show when=move || keeps.get()>
                <button
                    type="button"
                    class="button-round"
                    aria-label=move || t!(i18n, groups.take_out_label, name = live.name_of(member))
                    disabled=pending
                    on:click=move |_| change.run(GroupChange::Remove(member))
                >
                    <Icon glyph=Glyph::UserMinus />
                </button>
            </Show>
        </li>
    }
    .into_any()
}
