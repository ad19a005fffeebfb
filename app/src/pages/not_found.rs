//! There is no such page.

use super::entrance::Entrance;
use super::status;
use crate::address;
use crate::i18n::{t, use_i18n};
use leptos::prelude::*;

/// The page for every address that leads nowhere. Answers with status 404.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let i18n = use_i18n();
    status::not_found();
    view! {
        <Entrance title=t!(i18n, not_found.title)>
            <p class="entrance-lead">{t!(i18n, not_found.lead)}</p>
            <a class="button is-accent" href=address::chat(i18n.locale())>
                {t!(i18n, not_found.home)}
            </a>
        </Entrance>
    }
}
