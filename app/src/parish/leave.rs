//! Leave the parish.

use super::confirm::Confirm;
use super::deed::Deed;
use crate::api::leave_parish;
use crate::help::Refused;
use crate::i18n::{t, use_i18n};
use crate::state::use_live;
use crate::ui::{Glyph, Icon, Sheet};
use crate::{address, browser};
use leptos::prelude::*;

/// The button that leaves the parish for good, once somebody is sure.
#[component]
pub(crate) fn Leave() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let deed = Deed::new();
    let shown = RwSignal::new(false);
    let parish = move || live.community().with(|it| it.as_ref().map(|it| it.parish_name.clone())).unwrap_or_default();
    let go = move || {
        deed.ask(leave_parish(Some(i18n.locale().into())), move |()| browser::go_to(&address::sign_in(i18n.locale())))
    };
    view! {
        <section class="members-part">
            <button type="button" class="button is-quiet" on:click=move |_| shown.set(true)>
                <Icon glyph=Glyph::LogOut />
                {t!(i18n, members.leave)}
            </button>
        </section>
        <Sheet open=shown id="leave" title=t!(i18n, members.leave)>
            <Refused why=deed.refused() />
            <Confirm
                lead=Signal::derive(move || t!(i18n, members.leave_lead, name = parish()))
                words=t!(i18n, members.leave)
                pending=deed.pending()
                on_yes=move |()| go()
                on_no=move |()| shown.set(false)
            />
        </Sheet>
    }
    .into_any()
}
