//! The people of the parish and its groups, and what those do who look after them.

mod account;
mod care;
mod clock;
mod colours;
mod confirm;
mod deed;
mod devices;
mod everybody;
mod group_profile;
mod group_sheet;
mod groups;
mod handed_out;
mod invitations;
mod leave;
mod myself;
mod naming;
mod new_group;
mod password;
mod password_form;
mod quiet;
mod report;
mod reports;
mod to_numbers;

pub(crate) use clock::ParishClock;
pub(crate) use everybody::Everybody;
pub(crate) use group_profile::GroupProfile;
pub(crate) use groups::Groups;
pub(crate) use invitations::Invitations;
pub(crate) use leave::Leave;
pub(crate) use quiet::MyQuietHours;
pub(crate) use report::{ReportChoice, ReportForm};
pub(crate) use reports::Reports;
pub(crate) use to_numbers::ToNumbers;

use crate::i18n::{I18n, t};
use crate::state::Live;
use domain::{Care, Role, may_care};
use leptos::prelude::*;

/// What a role is called.
fn role_word(i18n: I18n, role: Role) -> &'static str {
    match role {
        Role::Member => t!(i18n, members.role.member),
        Role::Coordinator => t!(i18n, members.role.coordinator),
        Role::Admin => t!(i18n, members.role.admin),
    }
}

/// What the one who reads may do in the parish. Nobody who is blocked sees what would be refused.
fn my_role(live: Live) -> Option<Role> {
    live.community().with(|community| {
        let me = community.as_ref().map(|community| &community.me)?;
        // Whoever is blocked is not among the members.
        community.iter().any(|it| it.members.iter().any(|member| member.id == me.id)).then_some(me.role)
    })
}

/// Whether the one who reads may do this for somebody of this role.
fn may(live: Live, care: Care, theirs: Role) -> bool {
    my_role(live).is_some_and(|role| may_care(role, false, care, theirs))
}

/// Whether the one who reads looks after others.
pub(crate) fn leads(live: Live) -> bool {
    my_role(live).is_some_and(Role::leads)
}
