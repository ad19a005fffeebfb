//! People of the parish, to be picked and rung.

use crate::browser;
use crate::chat::PersonList;
use crate::i18n::{I18n, t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::{Live, use_live};
use crate::ui::{Glyph, Icon, Size};
use domain::{ChannelId, ChannelKind, Member, MemberId};
use leptos::prelude::*;

/// Under this name a browser remembers whom somebody rang last.
const LAST_RUNG: &str = "paxora-last-called";
/// So many of them.
const REMEMBERED: usize = 12;

/// Whom the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shown {
    Everybody,
    Leaders,
    Group(ChannelId),
}

/// Everybody else in the parish, to be found by name, role and group; as many can be picked as there is room for. Begins with
/// nobody picked, and with those who were rung last in front.
#[component]
pub(crate) fn PickPeople(
    /// Who is in the call already, or on the way: they cannot be picked, and take up room.
    #[prop(into)]
    inside: Signal<Vec<MemberId>>,
    /// Not for a call, which has only so much room: as many can be picked as there are.
    #[prop(optional)]
    any_number: bool,
    /// What the button says when so many are picked.
    words: fn(I18n, usize) -> String,
    /// Rings them, or whatever else they were picked for.
    #[prop(into)]
    on_ring: Callback<Vec<MemberId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let picked = RwSignal::new(Vec::<MemberId>::new());
    let shown = RwSignal::new(Shown::Everybody);
    let count = Memo::new(move |_| picked.with(Vec::len));
    let nobody = Memo::new(move |_| count.get() == 0);
    let seats =
        Memo::new(move |_| live.community().with(|community| community.as_ref().map_or(0, |c| c.seats as usize)));
    let room = Memo::new(move |_| match any_number {
        true => usize::MAX,
        false => seats.get().saturating_sub(inside.with(Vec::len)),
    });
    let is_full = Memo::new(move |_| count.get() >= room.get());
    let only = Signal::derive(move || members_of(live, shown.get()));
    let filters = Memo::new(move |_| filters(live));
    let add = move |members: &[MemberId]| {
        let (room, inside) = (room.get_untracked(), inside.get_untracked());
        picked.update(|picked| {
            for member in members {
                if picked.len() < room && !picked.contains(member) && !inside.contains(member) {
                    picked.push(*member);
                }
            }
        });
    };
    let toggle = move |member: MemberId, wanted: bool| match wanted {
        true => add(&[member]),
        false => picked.update(|picked| picked.retain(|other| *other != member)),
    };
    let row = move |member: Member| {
        let id = member.id;
        let is_inside = Memo::new(move |_| inside.with(|inside| inside.contains(&id)));
        let is_picked = Memo::new(move |_| picked.with(|picked| picked.contains(&id)));
        view! {
            <label class="person" class:is-picked=is_picked>
                <MemberAvatar member=id size=Size::Medium />
                <span class="person-name">{member.name}</span>
                <span class="person-inside" hidden=move || !is_inside.get()>{t!(i18n, pick_people.inside)}</span>
                <input
                    type="checkbox"
                    hidden=is_inside
                    prop:checked=is_picked
                    disabled=move || !is_picked.get() && is_full.get()
                    on:change=move |event| toggle(id, event_target_checked(&event))
                />
            </label>
        }
        .into_any()
    };
    let ring = move |_| {
        let members = picked.get_untracked();
        if !any_number {
            remember(&members);
        }
        on_ring.run(members);
    };
    let filter_words = move |filter| match filter {
        Shown::Everybody => t!(i18n, pick_people.everybody).to_owned(),
        Shown::Leaders => t!(i18n, pick_people.leaders).to_owned(),
        Shown::Group(group) => live.channel(group).map(|group| group.name).unwrap_or_default(),
    };
    view! {
        <div class="filters" role="group" aria-label=t!(i18n, pick_people.filter)>
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
        <PersonList first=last_rung() only row />
        <p class="sheet-lead" role="status">
            {move || is_full.get().then(|| t!(i18n, pick_people.at_most, people = seats.get()))}
        </p>
        <footer class="sheet-foot">
            {move || only.get().filter(|shown| !shown.is_empty()).map(|shown| {
                let words = t!(i18n, pick_people.pick_shown, people = shown.len());
                view! {
                    <button type="button" class="button is-quiet" on:click=move |_| add(&shown)>
                        {words}
                    </button>
                }
            })}
            <button type="button" class="button is-yes" disabled=nobody on:click=ring>
                <Icon glyph=if any_number { Glyph::UserPlus } else { Glyph::Phone } />
                {move || words(i18n, count.get())}
            </button>
        </footer>
    }
    .into_any()
}

/// What the list can be narrowed to here.
fn filters(live: Live) -> Vec<Shown> {
    let groups = live.community().with(|community| {
        let channels = community.iter().flat_map(|community| &community.channels);
        let groups = channels.filter(|channel| channel.kind == ChannelKind::Group);
        groups.map(|group| Shown::Group(group.id)).collect::<Vec<_>>()
    });
    [Shown::Everybody, Shown::Leaders].into_iter().chain(groups).collect()
}

/// Those the list is narrowed to, besides this member; none if it is not.
fn members_of(live: Live, shown: Shown) -> Option<Vec<MemberId>> {
    let mut members = match shown {
        Shown::Everybody => return None,
        Shown::Leaders => live.community().with(|community| {
            let members = community.iter().flat_map(|community| &community.members);
            members.filter(|member| member.role.leads()).map(|member| member.id).collect()
        }),
        Shown::Group(group) => live.channel(group).map(|group| group.members).unwrap_or_default(),
    };
    let me = live.me();
    members.retain(|member| Some(*member) != me);
    Some(members)
}

/// Whom this person rang last, the latest first.
fn last_rung() -> Vec<MemberId> {
    let words = browser::remembered_word(LAST_RUNG).unwrap_or_default();
    words.split(' ').filter_map(|id| id.parse().ok()).collect()
}

fn remember(members: &[MemberId]) {
    let before = last_rung().into_iter().filter(|member| !members.contains(member));
    let words: Vec<_> = members.iter().copied().chain(before).take(REMEMBERED).map(|id| id.to_string()).collect();
    browser::remember_word(LAST_RUNG, &words.join(" "));
}
