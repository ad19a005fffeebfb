//! A group, as one of its members sees it: who belongs to it.

use crate::chat::ChannelEmblem;
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::{Sheet, Size};
use domain::Channel;
use leptos::prelude::*;

/// A group's picture, which opens a card with everybody in it.
#[component]
pub(crate) fn GroupProfile(channel: Channel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let group = channel.id;
    let shown = RwSignal::new(false);
    let name = Signal::derive(move || live.channel(group).map(|group| group.name).unwrap_or_default());
    let members = move || live.channel(group).map(|group| group.members).unwrap_or_default();
    view! {
        <button
            type="button"
            class="profile-button"
            aria-label=move || t!(i18n, groups.show_label, name = name.get())
            on:click=move |_| shown.set(true)
        >
            <ChannelEmblem channel size=Size::Medium />
        </button>
        <Sheet open=shown id="group-people" title=name>
            <ul class="person-list">
                <For each=members key=|member| *member let:member>
                    <li class="person">
                        <MemberAvatar member size=Size::Medium />
                        <span class="person-name">{move || live.name_of(member)}</span>
                    </li>
                </For>
            </ul>
        </Sheet>
    }
    .into_any()
}
