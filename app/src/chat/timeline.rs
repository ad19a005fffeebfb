//! The timeline of a channel.

use super::call_line::CallLine;
use super::line::{Known, Line, lines};
use super::message_line::MessageLine;
use crate::api::messages;
use crate::error::ApiError;
use crate::i18n::{problem, t, use_i18n};
use crate::state::use_live;
use crate::ui::{Notice, Show};
use domain::{ChannelId, Message, MessageId};
use leptos::either::Either;
use leptos::prelude::*;

/// As many lines as the server gives at a time: fewer mean that there is nothing earlier.
const PAGE: usize = 50;

type Page = Result<Vec<Message>, ApiError>;

/// What was said in a channel, and what is being said.
///
/// It is laid out from the bottom (`flex-direction: column-reverse`), so the browser itself shows the newest line first,
/// keeps to it while new ones come, and stays where it is while earlier ones are put above.
#[component]
pub(crate) fn Timeline(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let generation = live.generation();
    let newest = Resource::new(move || generation.get(), move |_| messages(id, None));
    view! {
        <div class="timeline" tabindex="0" role="log" aria-label=t!(i18n, timeline.label)>
            <Transition fallback=move || view! { <p class="timeline-note">{t!(i18n, app.loading)}</p> }>
                // Waited for, not only read: what is read may still be missing in the moment in which it is there already
                // (reactive_graph 0.2, `notify_subs`), and the page would arrive without its lines.
                {Suspend::new(async move {
                    drop(newest.by_ref().await);
                    view! { <Lines id newest /> }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Lines(id: ChannelId, newest: Resource<Page>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let earlier = RwSignal::new(Vec::<Page>::new());

    // Grows only: what was shown once stays, whichever way it came.
    let known = Memo::new(move |before: Option<&Known>| {
        let mut known = before.cloned().unwrap_or_default();
        let mut learn = |page: &[Message]| known.extend(page.iter().map(|message| (message.id, message.clone())));
        newest.with(|page| learn(loaded(page.as_ref())));
        earlier.with(|pages| pages.iter().for_each(|page| learn(loaded(Some(page)))));
        learn(&live.arrived(id));
        known
    });
    let shown = Memo::new(move |_| known.with(lines));
    let failed = Signal::derive(move || {
        let error = newest.with(|page| page.as_ref().and_then(|page| page.as_ref().err().cloned()));
        error.or_else(|| earlier.with(|pages| pages.last()?.as_ref().err().cloned())).map(|e| problem(i18n, e.problem))
    });
    let has_earlier = Memo::new(move |_| {
        let full = |page: &Page| page.as_ref().map_or(true, |page| page.len() >= PAGE);
        earlier
            .with(|pages| pages.last().map(full))
            .unwrap_or_else(|| newest.with(|page| page.as_ref().is_some_and(full)))
    });
    let fetch = Action::new(move |oldest: &MessageId| {
        let oldest = *oldest;
        async move {
            let page = messages(id, Some(oldest)).await;
            earlier.update(|pages| pages.push(page));
        }
    });
    let show_earlier = move |_| {
        if let Some(oldest) = known.with_untracked(|known| known.keys().next().copied()) {
            fetch.dispatch(oldest);
        }
    };
    mark_read(id, Signal::derive(move || known.with(|known| known.keys().next_back().copied())));

    view! {
        <div class="timeline-lines">
            <Show when=move || has_earlier.get()>
                <button
                    type="button"
                    class="button is-quiet timeline-earlier"
                    disabled=move || fetch.pending().get()
                    on:click=show_earlier
                >
                    {t!(i18n, timeline.earlier)}
                </button>
            </Show>
            <Notice text=failed />
            <Show when=move || known.with(Known::is_empty) && failed.with(Option::is_none)>
                <p class="timeline-note">{t!(i18n, timeline.empty)}</p>
            </Show>
            <ol>
                <For each=move || shown.get() key=|line| (line.message.id, line.begins, line.times, line.message.call.clone()) let:line>
                    <OneLine line />
                </For>
            </ol>
        </div>
    }
    .into_any()
}

#[component]
fn OneLine(line: Line) -> impl IntoView {
    match line.message.call.clone() {
        Some(card) => Either::Left(view! { <CallLine message=line.message card times=line.times /> }),
        None => Either::Right(view! { <MessageLine message=line.message begins=line.begins /> }),
    }
}

fn loaded(page: Option<&Page>) -> &[Message] {
    page.and_then(|page| page.as_ref().ok()).map_or(&[], Vec::as_slice)
}

/// What stands on a visible page has been read; what came while nobody looked is read when somebody looks again.
fn mark_read(id: ChannelId, newest: Signal<Option<MessageId>>) {
    let live = use_live();
    let looks = RwSignal::new(0_u32);
    Effect::new(move || {
        let looked = window_event_listener(leptos::ev::visibilitychange, move |_| looks.update(|looks| *looks += 1));
        on_cleanup(move || looked.remove());
    });
    Effect::new(move || {
        looks.track();
        let unread = live.channel(id).is_some_and(|channel| channel.unread > 0);
        if let Some(newest) = newest.get()
            && unread
            && !document().hidden()
        {
            live.has_read(id, newest);
        }
    });
}
