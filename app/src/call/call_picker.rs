//! Whom to call in a channel that everybody belongs to.

use crate::browser;
use crate::chat::PersonList;
use crate::i18n::{t, t_string, text, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{Live, use_live, use_voice_calls};
use crate::ui::{Glyph, Icon, Sheet, Size};
use domain::{ChannelId, ChannelKind, Member, MemberId};
use leptos::prelude::*;

/// Under this name a browser remembers whom somebody called last.
const LAST_CALLED: &str = "paxora-last-called";
/// So many of them.
const REMEMBERED: usize = 12;

/// Whom the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shown {
    Everybody,
    Leaders,
    Group(ChannelId),
}

/// Asks whom to call, and calls them; or opens a call that rings nobody.
#[component]
pub(crate) fn CallPicker(channel: ChannelId, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let picked = RwSignal::new(Vec::<MemberId>::new());
    let shown = RwSignal::new(Shown::Everybody);
    let count = Memo::new(move |_| picked.with(Vec::len));
    // Every asking begins with nobody picked.
    Effect::new(move || {
        if open.get() {
            picked.set(Vec::new());
            shown.set(Shown::Everybody);
        }
    });
    let room =
        Memo::new(move |_| live.community().with(|c| c.as_ref().map_or(0, |c| c.seats as usize)).saturating_sub(1));
    let is_full = Memo::new(move |_| count.get() >= room.get());
    let toggle = move |member: MemberId, wanted: bool| {
        picked.update(|picked| {
            picked.retain(|other| *other != member);
            if wanted {
                picked.push(member);
            }
        });
    };
    let only = Signal::derive(move || members_of(live, shown.get()));
    let filters = Memo::new(move |_| filters(live));
    let pick_shown = move |_| {
        let room = room.get_untracked();
        picked.update(|picked| {
            for member in only.get_untracked().into_iter().flatten() {
                if picked.len() < room && !picked.contains(&member) {
                    picked.push(member);
                }
            }
        });
    };
    let call = move |_| {
        let targets = picked.get_untracked();
        remember(&targets);
        voice.start(channel, targets);
        open.set(false);
    };
    let gather = move |_| {
        voice.gather(channel);
        open.set(false);
    };
    let words = move || match count.get() {
        0 => t_string!(i18n, call_picker.call).to_owned(),
        1 => t_string!(i18n, call_picker.call_one).to_owned(),
        people => t_string!(i18n, call_picker.call_many, people),
    };
    let filter_words = move |filter| match filter {
        Shown::Everybody => t_string!(i18n, call_picker.everybody).to_owned(),
        Shown::Leaders => t_string!(i18n, call_picker.leaders).to_owned(),
        Shown::Group(group) => live.channel(group).map(|group| group.name).unwrap_or_default(),
    };
    view! {
        <Sheet open id="call-picker" title=text!(i18n, call_picker.title)>
            <button type="button" class="choice-row" on:click=gather>
                <Icon glyph=Glyph::Users />
                <span>
                    <strong>{t!(i18n, call_picker.gather)}</strong>
                    <small>{t!(i18n, call_picker.gather_lead)}</small>
                </span>
            </button>
            <p class="sheet-lead">{t!(i18n, call_picker.lead)}</p>
            <div class="filters" role="group" aria-label=move || t_string!(i18n, call_picker.filter)>
                <For each=move || filters.get() key=|filter| *filter let:filter>
                    <button
                        type="button"
                        class="filter"
                        aria-pressed=move || (shown.get() == filter).to_string()
                        on:click=move |_| shown.set(filter)
                    >
                        {move || filter_words(filter)}
                    </button>
                </For>
            </div>
            <PersonList
                first=last_called()
                only
                row=move |member| {
                    let id = member.id;
                    let is_picked = move || picked.with(|picked| picked.contains(&id));
                    view! {
                        <label class="person">
                            <MemberAvatar member=id size=Size::Medium />
                            <span class="person-name">{member.name}</span>
                            <input
                                type="checkbox"
                                prop:checked=is_picked
                                disabled=move || !is_picked() && is_full.get()
                                on:change=move |event| toggle(id, event_target_checked(&event))
                            />
                        </label>
                    }
                }
            />
            <p class="sheet-lead" role="status">
                {move || is_full.get().then(|| t_string!(i18n, call_picker.at_most, people = room.get() + 1))}
            </p>
            <footer class="sheet-foot">
                {move || only.with(|only| only.as_ref().map(Vec::len)).filter(|people| *people > 0).map(|people| view! {
                    <button type="button" class="button is-quiet" on:click=pick_shown>
                        {t_string!(i18n, call_picker.pick_shown, people)}
                    </button>
                })}
                <button type="button" class="button is-yes" disabled=move || count.get() == 0 on:click=call>
                    <Icon glyph=Glyph::Phone />
                    {words}
                </button>
            </footer>
        </Sheet>
    }
    .into_any()
}

/// What the list can be narrowed to here.
fn filters(live: Live) -> Vec<Shown> {
    let groups = live.community().with(|community| {
        let channels = community.iter().flat_map(|community| &community.channels);
        channels
            .filter(|channel| channel.kind == ChannelKind::Group)
            .map(|group| Shown::Group(group.id))
            .collect::<Vec<_>>()
    });
    [Shown::Everybody, Shown::Leaders].into_iter().chain(groups).collect()
}

/// Those the list is narrowed to, besides this member; none if it is not.
fn members_of(live: Live, shown: Shown) -> Option<Vec<MemberId>> {
    let me = live.me();
    let besides_me = |members: Vec<MemberId>| members.into_iter().filter(|member| Some(*member) != me).collect();
    match shown {
        Shown::Everybody => None,
        Shown::Leaders => Some(besides_me(live.community().with(|community| {
            let members = community.iter().flat_map(|community| &community.members);
            members.filter(|member: &&Member| member.role.leads()).map(|member| member.id).collect()
        }))),
        Shown::Group(group) => Some(besides_me(live.channel(group).map(|group| group.members).unwrap_or_default())),
    }
}

/// Whom this person called last, the latest first.
fn last_called() -> Vec<MemberId> {
    let words = browser::remembered_word(LAST_CALLED).unwrap_or_default();
    words.split(' ').filter_map(|id| id.parse().ok()).collect()
}

fn remember(targets: &[MemberId]) {
    let before = last_called().into_iter().filter(|member| !targets.contains(member));
    let words: Vec<_> = targets.iter().copied().chain(before).take(REMEMBERED).map(|id| id.to_string()).collect();
    browser::remember_word(LAST_CALLED, &words.join(" "));
}
