//! Small pieces that every screen is made of. They know nothing of parishes, channels and calls.

mod avatar;
mod day;
mod escaped;
mod field;
mod icon;
mod intl;
mod moment;
mod notice;
mod offer;
mod page_title;
mod sheet;
mod show;

pub(crate) use avatar::{Avatar, Ring, Size};
pub(crate) use day::{Day, day_of, provide_calendar, use_calendar};
pub(crate) use escaped::escaped;
pub(crate) use field::{Autofill, TextField};
pub(crate) use icon::{Glyph, Icon};
pub(crate) use intl::{own_time_zone, time_zones};
pub(crate) use moment::Moment;
pub(crate) use notice::Notice;
pub(crate) use offer::Offer;
pub(crate) use page_title::{PageTitle, provide_title_news, use_title_news};
pub(crate) use sheet::Sheet;
pub(crate) use show::Show;
