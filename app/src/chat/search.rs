//! Looking for words in a channel.

use crate::address;
use crate::api::search_messages;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::member::MemberAvatar;
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Moment, Show};
use domain::search::FOUND_AT_ONCE;
use domain::text::SEARCH_MAX;
use domain::{ChannelId, Found, MessageId};
use leptos::either::Either;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

type Page = Result<Vec<Found>, ApiError>;

/// A field for words, and the messages of the channel that have them in them. The words stand in the address: back leads back
/// to what was found.
#[component]
pub(super) fn Search(id: ChannelId, words: String) -> impl IntoView {
    let i18n = use_i18n();
    let field = NodeRef::<Input>::new();
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            navigate(&address::search(i18n.locale(), id, &field.value()), Default::default());
        }
    };
    let begins = words.trim().is_empty();
    Effect::new(move || {
        if let Some(field) = field.get().filter(|_| begins) {
            let _ = field.focus();
        }
    });
    view! {
        <form class="find" role="search" on:submit=on_submit>
            <a
                class="button-round"
                href=address::channel(i18n.locale(), id)
                aria-label=t!(i18n, search.back)
                title=t!(i18n, search.back)
            >
                <Icon glyph=Glyph::ArrowLeft />
            </a>
            <input
                node_ref=field
                class="find-field"
                type="search"
                enterkeyhint="search"
                autocomplete="off"
                required
                maxlength=SEARCH_MAX.to_string()
                value=words.clone()
                aria-label=t!(i18n, search.label)
                placeholder=t!(i18n, search.label)
            />
            <button type="submit" class="button is-accent">
                <Icon glyph=Glyph::Search />
                <span class="composer-send">{t!(i18n, search.submit)}</span>
            </button>
        </form>
        <div class="found" tabindex="0" role="region" aria-label=t!(i18n, search.results)>
            {if begins {
                Either::Left(view! { <p class="timeline-note">{t!(i18n, search.hint)}</p> })
            } else {
                Either::Right(view! { <Results id words /> })
            }}
        </div>
    }
    .into_any()
}

#[component]
fn Results(id: ChannelId, words: String) -> impl IntoView {
    let i18n = use_i18n();
    let words = StoredValue::new(words);
    let newest = Resource::new(|| (), move |()| search_messages(id, words.get_value(), None));
    let pages = RwSignal::new(Vec::<Page>::new());
    let fetch = Action::new(move |oldest: &MessageId| {
        let oldest = *oldest;
        async move {
            let page = search_messages(id, words.get_value(), Some(oldest)).await;
            pages.update(|pages| {
                pages.retain(Result::is_ok);
                pages.push(page);
            });
        }
    });
    let found = Memo::new(move |_| {
        let mut found: Vec<Found> = newest.with(|page| page.iter().flatten().flatten().cloned().collect());
        pages.with(|pages| found.extend(pages.iter().flatten().flatten().cloned()));
        found
    });
    let failed = Signal::derive(move || {
        let error = newest.with(|page| page.as_ref().and_then(|page| page.as_ref().err().cloned()));
        error.or_else(|| pages.with(|pages| pages.last()?.as_ref().err().cloned())).map(|error| error.problem)
    });
    // Where to go on, if there may be more. What failed is asked for again.
    let full = |page: &Page| page.as_ref().map_or(true, |page| page.len() >= FOUND_AT_ONCE);
    let oldest = Memo::new(move |_| {
        let last = pages.with(|pages| pages.last().map(full));
        let more = last.unwrap_or_else(|| newest.with(|page| page.as_ref().is_some_and(full)));
        found.with(|found| found.last().map(|last| last.id)).filter(|_| more)
    });
    let show_earlier = move |_| {
        if let Some(oldest) = oldest.get_untracked() {
            fetch.dispatch(oldest);
        }
    };
    view! {
        <Transition fallback=move || view! { <p class="timeline-note">{t!(i18n, app.loading)}</p> }>
            // Waited for, not only read: as in the timeline.
            {Suspend::new(async move {
                drop(newest.by_ref().await);
                view! {
                    <Refused why=failed />
                    <Show when=move || found.with(Vec::is_empty) && failed.with(Option::is_none)>
                        <p class="timeline-note" role="status">{t!(i18n, search.none)}</p>
                    </Show>
                    <ol>
                        <For each=move || found.get() key=|found| found.id let:found>
                            <OneFound id found />
                        </For>
                    </ol>
                    <Show when=move || oldest.get().is_some()>
                        <button
                            type="button"
                            class="button is-quiet timeline-earlier"
                            disabled=move || fetch.pending().get()
                            on:click=show_earlier
                        >
                            {t!(i18n, search.earlier)}
                        </button>
                    </Show>
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn OneFound(id: ChannelId, found: Found) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let Found { id: message, author, sent_at, pieces } = found;
    let piece = |piece: domain::search::Piece| {
        if piece.asked { Either::Left(view! { <mark>{piece.text}</mark> }) } else { Either::Right(piece.text) }
    };
    view! {
        <li>
            <a class="found-line" href=address::message(i18n.locale(), id, message)>
                <MemberAvatar member=author />
                <span class="found-author">{move || live.name_of(author)}</span>
                <Moment at=sent_at.0 />
                <span class="found-text">{pieces.into_iter().map(piece).collect::<Vec<_>>()}</span>
            </a>
        </li>
    }
    .into_any()
}
