//! The place to write.

use super::naming::{Naming, named_here, token};
use crate::api::edit_message;
use crate::error::ApiError;
use crate::i18n::{problem, t, use_i18n};
use crate::state::{PlainForm, use_live, use_writing};
use crate::ui::{Glyph, Icon, Notice, Show, escaped};
use domain::text::MESSAGE_MAX;
use domain::{ChannelId, Member, Message, MessageId};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Textarea;
use leptos::prelude::*;

/// Writes into a channel, or changes what was written. What is not sent yet stands here again when this member comes back.
#[component]
pub(crate) fn Composer(id: ChannelId) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let writing = use_writing();
    let text = NodeRef::<Textarea>::new();
    let editing = writing.editing();
    let form = SharedValue::new(use_context::<PlainForm>).into_inner();
    let (nonce, refused) = form.map(|form| (form.nonce.to_string(), form.refused)).unzip();
    let (reason, refused) = refused.flatten().unzip();
    let reason = RwSignal::new(reason);
    // Only the server writes this, and Leptos writes it as it stands (tachys 0.2, `ESCAPE_CHILDREN` of `textarea`).
    let refused = refused.map(|text| escaped(&text));
    let edited =
        Memo::new(move |_| editing.with(|message| message.as_ref().filter(|it| it.channel == id).map(|it| it.id)));
    let suggested = RwSignal::new(Vec::<Member>::new());

    // The text is read from the field itself: what was typed before the page came alive counts too.
    let typed = move || text.get_untracked().map(|text| text.value()).unwrap_or_default();
    let put = move |words: &str| {
        if let Some(text) = text.get_untracked() {
            text.set_value(words);
        }
        suggested.set(vec![]);
    };
    let save = Action::new(move |(message, body): &(MessageId, String)| {
        let (message, body) = (*message, body.clone());
        async move {
            live.change(edit_message(message, body).await.map_err(|error| (message, error))?);
            // They may have gone on to another by now.
            if editing.with_untracked(|now| now.as_ref().is_some_and(|now| now.id == message)) {
                editing.set(None);
            }
            Ok::<(), (MessageId, ApiError)>(())
        }
    });
    Effect::new(move |before: Option<Option<MessageId>>| {
        let now = edited.get();
        match (before, now) {
            // The place to write has come into the page.
            (None, None) if typed().is_empty() => put(&writing.draft(id).unwrap_or_default()),
            (_, Some(_)) if before.flatten() != now => {
                editing
                    .with_untracked(|message| put(message.as_ref().and_then(Message::words).map_or("", |it| &it.text)));
                if let Some(text) = text.get_untracked() {
                    let _ = text.focus();
                }
            }
            (Some(Some(_)), None) => put(&writing.draft(id).unwrap_or_default()),
            _ => {}
        }
        now
    });
    on_cleanup(move || _ = editing.try_set(None));

    let failed = Signal::derive(move || match save.value().get() {
        Some(Err((message, error))) if edited.get() == Some(message) && !save.pending().get() => {
            let reason = problem(i18n, error.problem);
            Some(t!(i18n, composer.failed, reason))
        }
        None => reason.get().map(|reason| t!(i18n, timeline.not_sent, reason = problem(i18n, reason))),
        _ => None,
    });
    let send = move || {
        let body = typed();
        if body.trim().is_empty() || save.pending().get_untracked() {
            return;
        }
        match edited.get_untracked() {
            Some(message) => _ = save.dispatch((message, body)),
            None => {
                reason.set(None);
                writing.send(id, body);
                writing.keep_draft(id, "");
                put("");
            }
        }
    };
    let on_input = move |_| {
        if edited.get_untracked().is_none() {
            writing.keep_draft(id, &typed());
        }
        let caret = text.get_untracked().and_then(|text| text.selection_start().ok().flatten());
        suggested.set(match caret.and_then(|caret| token(&typed(), caret)) {
            Some(begun) => named_here(live, id, &begun),
            None => vec![],
        });
    };
    let on_key = move |event: KeyboardEvent| match &*event.key() {
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            send();
        }
        "Escape" if edited.get_untracked().is_some() => editing.set(None),
        _ => {}
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    view! {
        // Sent by the browser itself where no script runs: to the address of the page, which the server takes as well.
        <form class="composer" method="post" on:submit=on_submit>
            {nonce.map(|nonce| view! { <input type="hidden" name="nonce" value=nonce /> })}
            <Notice text=failed />
            <Show when=move || edited.get().is_some()>
                <p class="composer-editing">
                    <span role="status">{t!(i18n, composer.editing)}</span>
                    <button type="button" class="button is-quiet" on:click=move |_| editing.set(None)>
                        {t!(i18n, composer.cancel)}
                    </button>
                </p>
            </Show>
            <Naming suggested text />
            <div class="composer-line">
                <textarea
                    node_ref=text
                    name="body"
                    rows="1"
                    maxlength=MESSAGE_MAX.to_string()
                    aria-label=t!(i18n, composer.label)
                    placeholder=t!(i18n, composer.label)
                    enterkeyhint="send"
                    on:keydown=on_key
                    on:input=on_input
                >{refused}</textarea>
                <button type="submit" class="button is-accent" aria-busy=move || save.pending().get().to_string()>
                    {move || view! { <Icon glyph=if edited.get().is_some() { Glyph::CircleCheck } else { Glyph::Send } /> }}
                    <span class="composer-send">
                        {move || match edited.get() {
                            Some(_) => t!(i18n, composer.save),
                            None => t!(i18n, composer.send),
                        }}
                    </span>
                </button>
            </div>
        </form>
    }
    .into_any()
}
