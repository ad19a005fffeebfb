//! The groups of the parish: all of them for those who keep them, one's own for everybody else.

use super::deed::Latest;
use super::group_sheet::GroupSheet;
use super::leads;
use super::new_group::NewGroup;
use crate::address;
use crate::api::groups;
use crate::i18n::{people, t, use_i18n};
use crate::member::channel_hue;
use crate::state::{Live, use_live};
use crate::ui::{Avatar, Glyph, Icon, Sheet, Show, Size};
use domain::{ChannelId, ChannelKind, Group};
use leptos::either::Either;
use leptos::prelude::*;

/// The groups, and who belongs to them.
#[component]
pub(crate) fn Groups() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let keeps = Memo::new(move |_| leads(live));
    let all = Latest::<Vec<Group>>::new();
    Effect::new(move || {
        // Whatever changes in a group changes this.
        live.community().track();
        if keeps.get() {
            all.ask(groups());
        }
    });
    let shown = Memo::new(move |_| all.get().filter(|_| keeps.get()).unwrap_or_else(|| my_groups(live)));
    let about = RwSignal::new(None::<ChannelId>);
    let open = RwSignal::new(false);
    let show = Callback::new(move |group| {
        about.set(Some(group));
        open.set(true);
    });
    let group = move |id| shown.with(|groups| groups.iter().find(|group| group.id == id).cloned());
    let title = Signal::derive(move || about.get().and_then(group).map(|group| group.name).unwrap_or_default());
    view! {
        <section class="members-part">
            <h2>{t!(i18n, groups.title)}</h2>
            <ul class="groups">
                <For each=move || shown.get() key=|group| group.id let:group>
                    <Row id=group.id groups=shown show />
                </For>
            </ul>
            <p class="members-lead" hidden=move || shown.with(|groups| !groups.is_empty())>{t!(i18n, groups.none)}</p>
            <Show when=move || keeps.get()>
                <NewGroup />
            </Show>
        </section>
        <Sheet open id="group" title>
            {move || about.get().map(|id| view! { <GroupSheet id groups=shown keeps /> })}
        </Sheet>
    }
    .into_any()
}

fn my_groups(live: Live) -> Vec<Group> {
    live.community().with(|community| {
        let channels = community.iter().flat_map(|community| &community.channels);
        let groups = channels.filter(|channel| channel.kind == ChannelKind::Group);
        let group = |channel: &domain::Channel| Group {
            id: channel.id,
            name: channel.name.clone(),
            announcements_only: channel.announcements_only,
            members: channel.members.clone(),
        };
        groups.map(group).collect()
    })
}

#[component]
fn Row(id: ChannelId, groups: Memo<Vec<Group>>, show: Callback<ChannelId>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let group = Memo::new(move |_| groups.with(|groups| groups.iter().find(|group| group.id == id).cloned()));
    let name = Signal::derive(move || group.with(|group| group.as_ref().map(|it| it.name.clone())).unwrap_or_default());
    let mine = Memo::new(move |_| live.channel(id).is_some());
    let people = move || people(i18n, group.with(|group| group.as_ref().map_or(0, |group| group.members.len())));
    let announces = move || group.with(|group| group.as_ref().is_some_and(|group| group.announcements_only));
    view! {
        <li class="member">
            <Avatar name hue=Signal::stored(channel_hue(id)) size=Size::Medium />
            <span class="member-words">
                {move || if mine.get() {
                    Either::Left(view! { <a href=address::channel(i18n.locale(), id)>{name}</a> })
                } else {
                    Either::Right(view! { <strong>{name}</strong> })
                }}
                <small>
                    {people}
                    {move || announces().then(|| format!(" · {}", t!(i18n, chat.kind.announcements)))}
                </small>
            </span>
            <button
                type="button"
                class="button is-quiet"
                aria-label=move || t!(i18n, groups.show_label, name = name.get())
                on:click=move |_| show.run(id)
            >
                <Icon glyph=Glyph::Users />
                <span class="member-verb">{t!(i18n, groups.show)}</span>
            </button>
        </li>
    }
    .into_any()
}
