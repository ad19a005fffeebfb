//! The list of calls.

use super::call_row::CallRow;
use crate::address;
use crate::api::{call_history, recent_calls};
use crate::browser;
use crate::error::{ApiError, Problem};
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Day, Glyph, Icon, Show, day_of};
use domain::record::RECORDS_AT_ONCE;
use domain::{CallId, CallRecord, ChannelId};
use leptos::prelude::*;
use std::collections::BTreeMap;

type Page = Result<Vec<CallRecord>, ApiError>;
type Known = BTreeMap<CallId, CallRecord>;

/// Recent calls: who or which channel, when, how long, and what came of them. Whoever looks at it has taken notice of the
/// missed ones.
#[component]
pub(crate) fn CallHistory(
    /// Of one channel; none: of all.
    channel: Option<ChannelId>,
    /// Only those that were missed.
    missed: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let generation = live.generation();
    // What begins, ends, or is missed while it goes on, is in the list at once.
    let news = Memo::new(move |_| (generation.get(), live.live_calls(), live.missed()));
    let parish = untrack(|| live.community().with(|community| community.as_ref().map(|community| community.parish)));
    let load = move |before| async move {
        match (channel, parish) {
            (Some(channel), _) => call_history(channel, missed, before).await,
            (None, Some(parish)) => recent_calls(parish, missed, before).await,
            (None, None) => Err(Problem::SignedOut.into()),
        }
    };
    let newest = Resource::new(move || news.get(), move |_| load(None));
    let earlier = RwSignal::new(Vec::<Page>::new());
    let fetch = Action::new(move |oldest: &CallId| {
        let oldest = *oldest;
        async move {
            let page = load(Some(oldest)).await;
            earlier.update(|pages| pages.push(page));
        }
    });
    take_notice(channel);
    let name = move || channel.and_then(|channel| live.channel(channel)).map(|channel| channel.name);
    let back = match channel {
        Some(channel) => address::channel(i18n.locale(), channel),
        None => address::chat(i18n.locale()),
    };
    let filter = move |only_missed: bool, words: &'static str| {
        view! {
            <a
                class="filter"
                href=address::calls(i18n.locale(), channel, only_missed)
                aria-current=(missed == only_missed).then_some("true")
            >
                {only_missed.then(|| view! { <Icon glyph=Glyph::PhoneMissed /> })}
                {words}
            </a>
        }
    };
    view! {
        <header class="channel-head">
            <a class="button-round channel-back" href=back aria-label=t!(i18n, calls.back)>
                <Icon glyph=Glyph::ArrowLeft />
            </a>
            <div class="channel-title">
                <h1>{t!(i18n, calls.title)}</h1>
                <p hidden=channel.is_none()>{name}</p>
            </div>
            {channel.map(|_| view! {
                <a class="button is-quiet" href=address::calls(i18n.locale(), None, missed)>
                    {t!(i18n, calls.of_all)}
                </a>
            })}
        </header>
        <div class="calls" tabindex="0" role="region" aria-label=t!(i18n, calls.title)>
            <nav class="filters" aria-label=t!(i18n, calls.filter.label)>
                {filter(false, t!(i18n, calls.filter.all))}
                {filter(true, t!(i18n, calls.filter.missed))}
            </nav>
            <Transition fallback=move || view! { <p class="timeline-note">{t!(i18n, app.loading)}</p> }>
                // Waited for, not only read: as in the timeline.
                {Suspend::new(async move {
                    drop(newest.by_ref().await);
                    view! { <Records newest earlier fetch missed with_channel=channel.is_none() /> }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Records(
    newest: Resource<Page>,
    earlier: RwSignal<Vec<Page>>,
    fetch: Action<CallId, ()>,
    missed: bool,
    with_channel: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    // What was loaded earlier stays; of a call that was loaded twice, the newest page knows best.
    let known = Memo::new(move |before: Option<&Known>| {
        let mut known = before.cloned().unwrap_or_default();
        let mut learn = |page: &Page| known.extend(page.iter().flatten().map(|record| (record.id, record.clone())));
        earlier.with(|pages| pages.iter().for_each(&mut learn));
        newest.with(|page| page.iter().for_each(&mut learn));
        known
    });
    let full = |page: &Page| page.as_ref().map_or(true, |page| page.len() >= RECORDS_AT_ONCE);
    let has_earlier = Memo::new(move |_| {
        let last = earlier.with(|pages| pages.last().map(full));
        last.unwrap_or_else(|| newest.with(|page| page.as_ref().is_some_and(full)))
    });
    let failed = Signal::derive(move || {
        let error = newest.with(|page| page.as_ref().and_then(|page| page.as_ref().err().cloned()));
        error.or_else(|| earlier.with(|pages| pages.last()?.as_ref().err().cloned())).map(|error| error.problem)
    });
    // Days begin where the reader is, which the server does not know: the page begins with its days.
    let here = RwSignal::new(false);
    Effect::new(move || here.set(true));
    let days = Memo::new(move |_| {
        let mut days: Vec<(i64, Vec<CallRecord>)> = Vec::new();
        known.with(|known| {
            for record in known.values().rev() {
                let day = day_of(record.began_at.0, here.get());
                match days.last_mut() {
                    Some((last, records)) if *last == day => records.push(record.clone()),
                    _ => days.push((day, vec![record.clone()])),
                }
            }
        });
        days
    });
    let heads = move || {
        let head = |(day, records): &(i64, Vec<CallRecord>)| Some((*day, records.first()?.began_at.0));
        days.with(|days| days.iter().filter_map(head).collect::<Vec<_>>())
    };
    let of_day = move |day: i64| {
        days.with(|days| days.iter().find(|(known, _)| *known == day).map(|(_, records)| records.clone()))
            .unwrap_or_default()
    };
    let show_earlier = move |_| {
        if let Some(oldest) = known.with_untracked(|known| known.keys().next().copied()) {
            fetch.dispatch(oldest);
        }
    };
    view! {
        <Refused why=failed />
        <Show when=move || known.with(Known::is_empty) && failed.with(Option::is_none)>
            <p class="timeline-note">
                {if missed { t!(i18n, calls.none_missed) } else { t!(i18n, calls.none) }}
            </p>
        </Show>
        <For each=heads key=|(day, _)| *day let((day, at))>
            <section class="calls-day">
                <h2><Day at /></h2>
                <ul>
                    <For each=move || of_day(day) key=CallRecord::clone let:record>
                        <CallRow record with_channel />
                    </For>
                </ul>
            </section>
        </For>
        <Show when=move || has_earlier.get()>
            <button
                type="button"
                class="button is-quiet calls-earlier"
                disabled=move || fetch.pending().get()
                on:click=show_earlier
            >
                {t!(i18n, calls.earlier)}
            </button>
        </Show>
    }
    .into_any()
}

/// What was missed and stands on a visible page has been seen; what came while nobody looked is seen when somebody looks
/// again.
fn take_notice(channel: Option<ChannelId>) {
    let live = use_live();
    let looks = RwSignal::new(0_u32);
    Effect::new(move || browser::on_return(move || looks.update(|looks| *looks += 1)));
    let missed = Memo::new(move |_| live.missed());
    Effect::new(move || {
        looks.track();
        if missed.get() > 0 && !browser::is_hidden() {
            live.has_seen_missed_calls(channel);
        }
    });
}
