//! A group, as one of its members sees it: who belongs to it.

use crate::i18n::{t_string, use_i18n};
use crate::member::{MemberAvatar, channel_hue};
use crate::state::use_live;
use crate::ui::{Avatar, Glyph, Ring, Sheet, Size};
use domain::ChannelId;
use leptos::prelude::*;

/// A group's picture, which opens a card with everybody in it.
#[component]
pub(crate) fn GroupProfile(group: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let shown = RwSignal::new(false);
    let name = Signal::derive(move || live.channel(group).map(|group| group.name).unwrap_or_default());
    let announces = untrack(|| live.channel(group)).is_some_and(|group| group.announcements_only);
    let ring = Signal::derive(move || if live.with_call_in(group, |_| ()).is_some() { Ring::Live } else { Ring::None });
    let members = move || live.channel(group).map(|group| group.members).unwrap_or_default();
    view! {
        <button
            type="button"
            class="profile-button"
            aria-label=move || t_string!(i18n, groups.show_label, name = name.get())
            on:click=move |_| shown.set(true)
        >
            <Avatar name hue=channel_hue(group) glyph=announces.then_some(Glyph::Megaphone) size=Size::Medium ring />
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
