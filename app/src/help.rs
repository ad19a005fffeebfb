//! The way from a trouble to the page that says what can be done about it.

use crate::address;
use crate::api::Page;
use crate::error::Problem;
use crate::i18n::{problem, t, use_i18n};
use crate::ui::Notice;
use leptos::prelude::*;

/// The page about a problem; none where its sentence says all there is to do.
pub(crate) fn about(problem: Problem) -> Option<Page> {
    match problem {
        Problem::Offline | Problem::Unavailable | Problem::Internal => Some(Page::Network),
        Problem::Call(_) | Problem::InAnotherCall | Problem::VoiceServerDown => Some(Page::Calls),
        Problem::SignedOut | Problem::SignInRefused | Problem::LinkGone => Some(Page::SignIn),
        Problem::PushRefused => Some(Page::Ringing),
        Problem::WrongPassword
        | Problem::NotFound
        | Problem::Forbidden
        | Problem::Malformed
        | Problem::Invalid(_)
        | Problem::LoginTaken
        | Problem::LastAdmin
        | Problem::NobodyElseLeads
        | Problem::Limited(_)
        | Problem::TooLarge => None,
    }
}

/// *What can I do?*, beside what went wrong.
#[component]
pub(crate) fn HelpLink(page: Page) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <a class="help-link" href=address::page(i18n.locale(), page)>
            {t!(i18n, call_button.help)}
        </a>
    }
    .into_any()
}

/// Why something was refused, and the way to the page about it.
#[component]
pub(crate) fn Refused(
    /// None hides it.
    #[prop(into)]
    why: Signal<Option<Problem>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = Signal::derive(move || why.get().map(|why| problem(i18n, why)));
    let page = move || why.get().and_then(about);
    view! { <Notice text>{move || page().map(|page| view! { " " <HelpLink page /> })}</Notice> }.into_any()
}
