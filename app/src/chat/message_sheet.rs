//! What can be done about a message.

use crate::api::remove_message;
use crate::error::ApiError;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::parish::{ReportChoice, ReportForm};
use crate::state::{Live, use_live, use_writing};
use crate::ui::{Glyph, Icon};
use domain::{ChannelId, ChannelKind, MemberId, Message, MessageId, Reported, Role};
use leptos::prelude::*;

/// The message whose choices are shown, while they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct More {
    pub(super) of: RwSignal<Option<MessageId>>,
    pub(super) open: RwSignal<bool>,
}

impl More {
    pub(super) fn show(self, message: MessageId) {
        self.of.set(Some(message));
        self.open.set(true);
    }
}

/// Who reads a channel. By that it is known what they can do about a message in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader {
    me: MemberId,
    role: Role,
    kind: ChannelKind,
}

impl Reader {
    /// Whoever reads this channel; none where nobody is known, or no such channel. Follows along.
    pub(super) fn of(live: Live, channel: ChannelId) -> Option<Reader> {
        live.community().with(|community| {
            let community = community.as_ref()?;
            let kind = community.channels.iter().find(|known| known.id == channel)?.kind;
            Some(Reader { me: community.me.id, role: community.me.role, kind })
        })
    }

    pub(super) fn may_do_something(self, message: &Message) -> bool {
        message.may_edit(self.me) || self.may_remove(message) || self.may_report(message)
    }

    fn may_remove(self, message: &Message) -> bool {
        message.may_remove(self.me, self.role, self.kind).is_some()
    }

    /// What somebody else wrote.
    fn may_report(self, message: &Message) -> bool {
        message.author != self.me && message.words().is_some()
    }
}

/// The choices, one under the other. To remove is asked twice: nobody can bring it back.
#[component]
pub(crate) fn MessageSheet(message: Message, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let writing = use_writing();
    let id = message.id;
    let author = message.author;
    let reader = untrack(|| Reader::of(live, message.channel));
    let may_edit = reader.is_some_and(|reader| message.may_edit(reader.me));
    let may_remove = reader.is_some_and(|reader| reader.may_remove(&message));
    let may_report = reader.is_some_and(|reader| reader.may_report(&message));
    let (sure, reports) = (RwSignal::new(false), RwSignal::new(false));
    let remove = Action::new(move |(): &()| async move {
        live.change(remove_message(id).await?);
        open.set(false);
        Ok::<(), ApiError>(())
    });
    let failed = Signal::derive(move || match remove.value().get() {
        Some(Err(error)) => Some(error.problem),
        _ => None,
    });
    let edit = move |_| {
        // First: the card gives the focus back when it closes, and it belongs to the place to write.
        open.set(false);
        writing.editing().set(Some(message.clone()));
    };
    view! {
        <div class="choices">
            <Refused why=failed />
            {may_edit.then(|| view! {
                <button type="button" class="choice-row" on:click=edit>
                    <Icon glyph=Glyph::SquarePen />
                    <span>{t!(i18n, message.edit)}</span>
                </button>
            })}
            {may_remove.then_some(move || match sure.get() {
                false => view! {
                    <button type="button" class="choice-row" on:click=move |_| sure.set(true)>
                        <Icon glyph=Glyph::Trash />
                        <span>{t!(i18n, message.remove)}</span>
                    </button>
                }
                .into_any(),
                true => view! {
                    <p>{t!(i18n, message.sure)}</p>
                    <button
                        type="button"
                        class="button is-no"
                        disabled=move || remove.pending().get()
                        on:click=move |_| _ = remove.dispatch(())
                    >
                        <Icon glyph=Glyph::Trash />
                        {t!(i18n, message.remove_now)}
                    </button>
                }
                .into_any(),
            })}
            {may_report.then_some(move || match reports.get() {
                false => view! { <ReportChoice on_choose=move |()| reports.set(true) /> }.into_any(),
                true => view! { <ReportForm what=Reported::Message(id) about=author /> }.into_any(),
            })}
        </div>
    }
    .into_any()
}
