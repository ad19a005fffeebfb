//! The timeline of a channel.

use super::call_line::CallLine;
use super::line::{Known, Line, lines};
use super::message_line::{MessageLine, OutgoingLine};
use super::message_sheet::{MessageSheet, More, Reader};
use crate::api::messages;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::{use_live, use_writing};
use crate::ui::{Day, Sheet, Show, day_of, use_calendar};
use domain::{Channel, ChannelId, Content, Message, MessageId};
use leptos::html::Div;
use leptos::prelude::*;

type Page = Result<Vec<Message>, ApiError>;

/// Nearer than this to the earliest line, in pixels, earlier ones are fetched.
const NEAR: i32 = 600;

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
    let place = NodeRef::<Div>::new();
    let stand = Stand { place, near_the_start: RwSignal::new(false), holds_still: RwSignal::new(false) };
    let look = move |_| {
        if let Some(place) = place.get_untracked() {
            // From the bottom up, so the way up counts below zero.
            let above = place.scroll_height() + place.scroll_top() - place.client_height();
            stand.near_the_start.set(above < NEAR);
        }
    };
    view! {
        <div
            class="timeline"
            class:holds-still=stand.holds_still
            tabindex="0"
            role="log"
            // Read aloud is what comes, not what was said before.
            aria-live=move || stand.holds_still.get().then_some("off")
            aria-label=t!(i18n, timeline.label)
            node_ref=place
            on:scroll=look
        >
            <Transition fallback=move || view! { <p class="timeline-note">{t!(i18n, app.loading)}</p> }>
                // Waited for, not only read: what is read may still be missing in the moment in which it is there already
                // (reactive_graph 0.2, `notify_subs`), and the page would arrive without its lines.
                {Suspend::new(async move {
                    drop(newest.by_ref().await);
                    view! { <Lines id newest stand /> }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

/// Where one is in a timeline.
#[derive(Clone, Copy)]
struct Stand {
    place: NodeRef<Div>,
    near_the_start: RwSignal<bool>,
    /// The browser does not move what one sees.
    holds_still: RwSignal<bool>,
}

impl Stand {
    /// Stays where it is while earlier lines come in above. They have their place in the frame after the next; the browser
    /// then forgets by what it kept its own, or would make up for them with the next line that comes.
    fn hold(self) {
        self.holds_still.set(true);
        request_animation_frame(move || {
            request_animation_frame(move || {
                if let Some(place) = self.place.try_get_untracked().flatten() {
                    let top = place.scroll_top();
                    place.set_scroll_top(top + 1);
                    place.set_scroll_top(top);
                }
                self.holds_still.try_set(false);
            });
        });
    }
}

#[component]
fn Lines(id: ChannelId, newest: Resource<Page>, stand: Stand) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let writing = use_writing();
    let earlier = RwSignal::new(Vec::<(MessageId, Page)>::new());

    let known = Memo::new(move |before: Option<&Known>| {
        let mut known = newest.with(|page| match page {
            Some(Ok(page)) => Known::with_newest(before, page),
            Some(Err(_)) | None => before.cloned().unwrap_or_default(),
        });
        earlier.with(|pages| {
            for (oldest, page) in pages {
                known.add_earlier(*oldest, page.as_deref().unwrap_or_default());
            }
        });
        known.add_arrived(&live.arrived(id));
        known
    });
    // What was not read when the channel was opened, and stays marked until it is left.
    let opened = |channel: Channel| (channel.unread, channel.first_unread);
    let (me, (unread, first)) = untrack(|| (live.me(), live.channel(id).map_or((0, None), opened)));
    let first_unread = Memo::new(move |before: Option<&Option<MessageId>>| {
        before.copied().flatten().or_else(|| known.with(|known| known.first_unread(me, unread, first)))
    });
    let calendar = use_calendar();
    let shown = Memo::new(move |_| {
        let here = calendar.is_here();
        known.with(|known| lines(known, first_unread.get(), |at| day_of(at, here)))
    });
    let failed = Signal::derive(move || {
        let error = newest.with(|page| page.as_ref().and_then(|page| page.as_ref().err().cloned()));
        let last = || earlier.with(|pages| pages.last()?.1.as_ref().err().cloned());
        error.or_else(last).map(|error| error.problem)
    });
    let has_earlier = Memo::new(move |_| known.with(Known::has_earlier));
    let fetch = Action::new(move |oldest: &MessageId| {
        let oldest = *oldest;
        async move {
            let page = messages(id, Some(oldest)).await;
            // They come above the place where one is: it is near the start again when one has scrolled there.
            stand.near_the_start.set(false);
            stand.hold();
            earlier.update(|pages| pages.push((oldest, page)));
        }
    });
    let show_earlier = move || {
        if let Some(oldest) = known.with_untracked(Known::oldest)
            && !fetch.pending().get_untracked()
        {
            fetch.dispatch(oldest);
        }
    };
    Effect::new(move || {
        // A page that failed is fetched again by the button only.
        if stand.near_the_start.get() && has_earlier.get() && !fetch.pending().get() && failed.with(Option::is_none) {
            show_earlier();
        }
    });
    mark_read(id, Signal::derive(move || known.with(Known::newest)));
    let on_its_way = Memo::new(move |_| {
        let mut outgoing = writing.outgoing(id);
        known.with(|known| outgoing.retain(|message| !known.has_sent(message.nonce)));
        outgoing
    });

    let more = More::default();
    let reader = Memo::new(move |_| Reader::of(live, id));
    view! {
        <div class="timeline-lines">
            <Show when=move || has_earlier.get()>
                <button
                    type="button"
                    class="button is-quiet timeline-earlier"
                    disabled=move || fetch.pending().get()
                    on:click=move |_| show_earlier()
                >
                    {t!(i18n, timeline.earlier)}
                </button>
            </Show>
            <Refused why=failed />
            <Show when=move || known.with(Known::is_empty) && failed.with(Option::is_none) && on_its_way.with(Vec::is_empty)>
                <p class="timeline-note">{t!(i18n, timeline.empty)}</p>
            </Show>
            <ol>
                <For each=move || shown.get() key=Line::clone let:line>
                    <OneLine id line may_do=(more, reader) />
                </For>
                <For each=move || on_its_way.get() key=|message| (message.nonce, message.refused.is_some()) let:message>
                    <OutgoingLine message />
                </For>
            </ol>
        </div>
        <Sheet open=more.open id="message" title=t!(i18n, timeline.more)>
            {move || {
                let message = known.with(|known| known.message(more.of.get()?).cloned());
                message.map(|message| view! { <MessageSheet message open=more.open /> })
            }}
        </Sheet>
    }
    .into_any()
}

#[component]
pub(super) fn OneLine(
    id: ChannelId,
    line: Line,
    /// Where something can be done about it, and by whom.
    #[prop(optional)]
    may_do: Option<(More, Memo<Option<Reader>>)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (begins, begins_day, begins_unread, at) = (line.begins, line.begins_day, line.begins_unread, line.sent_at.0);
    let said = match &line.content {
        Content::Call(card) => {
            let card = card.clone();
            view! { <CallLine channel=id line card /> }.into_any()
        }
        Content::Words(_) | Content::Removed(_) => {
            let Line { id: message, author, content, sent_at, .. } = line;
            let message = Message { id: message, channel: id, author, content, sent_at };
            let may = |reader: Option<Reader>| reader.is_some_and(|reader| reader.may_do_something(&message));
            let more = may_do.filter(|(_, reader)| may(reader.get_untracked())).map(|(more, _)| more);
            view! { <MessageLine message begins more /> }.into_any()
        }
    };
    view! {
        {begins_day.then(|| view! { <li class="timeline-day"><Day at /></li> })}
        {begins_unread.then(|| view! { <li class="timeline-unread">{t!(i18n, timeline.unread)}</li> })}
        {said}
    }
    .into_any()
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
