//! The pages: one file each.

mod admin;
mod calls;
mod community;
mod entrance;
mod join;
mod members;
mod microphone;
mod new_password;
mod not_found;
mod page_head;
mod phone;
mod reading;
mod reports;
mod sign_in;
mod sign_in_link;
mod status;

pub(crate) use admin::AdminPage;
pub(crate) use calls::CallsPage;
pub(crate) use community::CommunityPage;
pub(crate) use join::JoinPage;
pub(crate) use members::MembersPage;
pub(crate) use microphone::MicrophonePage;
pub(crate) use new_password::NewPasswordPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use phone::PhonePage;
pub(crate) use reading::{HelpPage, PrivacyPage};
pub(crate) use reports::ReportsPage;
pub(crate) use sign_in::SignInPage;
pub(crate) use sign_in_link::SignInLinkPage;
